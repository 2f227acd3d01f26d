"""The offer of a storefront product."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.shopify.signature import sign_proxy_query
from chalicelib.kit import aws, config, logs
from chalicelib.studio.service import storefront
from infra.bench.round_trips import metered
from infra.sandbox.shopify import SANDBOX_APPS
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import VARIANT, Gallery


def get_offer(gallery: Gallery, product: str = "8001") -> httpx2.Response:
    return gallery.shopper("GET", f"products/{product}", customer=None)


def test_the_offer_lists_choices_in_the_order_of_the_merchant(gallery: Gallery) -> None:
    image = base64.b64encode(encode_image(Image.new("RGB", (64, 64), "red"))).decode()
    assert gallery.merchant("PUT", f"styles/{gallery.style}/example", {"image": image}).status_code == 200
    for name, is_enabled, order in (("Oil", True, 0), ("Hidden", False, 1), ("Removed", True, 2)):
        style = gallery.merchant("POST", "styles", {"name": name, "prompt_template": "x"}).json()["uuid"]
        path = f"products/{gallery.product}/styles/{style}"
        gallery.merchant("PUT", path, {"is_enabled": is_enabled, "sort_order": order})
        if name == "Removed":
            gallery.merchant("DELETE", f"styles/{style}")
    gallery.merchant("PUT", f"products/{gallery.product}/styles/{gallery.style}", {"sort_order": 9})
    aws.client("dynamodb")
    with metered() as meter:
        response = get_offer(gallery)
    body = response.json()
    assert (body["product_id"], body["title"]) == (gallery.product, "Portrait")
    assert [style["name"] for style in body["styles"]] == ["Oil", "Pencil"]
    assert body["styles"][0]["example_url"] is None
    assert httpx2.get(body["styles"][1]["example_url"]).headers["content-type"] == "image/png"
    (size,) = body["sizes"]
    assert (size["name"], size["shopify_variant_id"]) == ("small", f"gid://shopify/ProductVariant/{VARIANT}")
    assert meter.cost.reads == 4


@pytest.mark.parametrize("product", ["9999", "abc", "-1", "8001x"])
def test_a_missing_product_is_404(gallery: Gallery, product: str) -> None:
    assert (get_offer(gallery, product).status_code, get_offer(gallery, product).json()["code"]) == (
        404,
        "ProductNotFound",
    )


def test_a_disabled_product_is_not_offered(gallery: Gallery) -> None:
    gallery.merchant("PUT", f"products/{gallery.product}", {"is_enabled": False})
    assert get_offer(gallery).status_code == 404


def test_a_product_of_another_shop_is_not_offered(gallery: Gallery, other_gallery: Gallery) -> None:
    gallery.merchant("POST", "products", {"shopify_product_id": 7007, "title": "Mine"})
    assert get_offer(other_gallery, "7007").status_code == 404


def test_the_page_escapes_the_offer_and_allows_no_inline_script(gallery: Gallery) -> None:
    evil = "</script><script>alert(1)</script>"
    gallery.merchant("PUT", f"products/{gallery.product}", {"title": evil})
    gallery.merchant("PUT", f"styles/{gallery.style}", {"name": evil})
    response = gallery.shopper("GET", "products/8001/page", customer=None)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert "<script>alert" not in response.text
    bucket = storage.origins(config.settings().images_bucket)
    assert f"img-src blob: data: {bucket}" in policy
    assert f"connect-src 'self' {bucket}" in policy
    assert "*" not in policy
    assert len(response.content) < 55_000
    assert gallery.shopper("GET", "products/9999/page").status_code == 404


def test_an_unavailable_product_has_an_error_page(gallery: Gallery) -> None:
    response = gallery.shopper("GET", "products/9999/page")
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "cannot be made from a photo" in response.text


@pytest.mark.parametrize("prefix", [["/apps/studio", "/evil/x"], ["https://evil.example/apps/x"], ["/apps/../x"], [""]])
def test_an_invalid_path_prefix_is_refused(gallery: Gallery, prefix: list[str]) -> None:
    """Shopify signs any query that a visitor adds to the URL."""
    query = {"shop": gallery.shop, "timestamp": str(int(time.time())), "path_prefix": prefix[0]}
    signed_query = httpx2.QueryParams(gallery.shopify.sign_proxy("studio", query))
    if len(prefix) > 1:
        apps_secret = SANDBOX_APPS["studio"].secret
        signed_params = {name: [value] for name, value in query.items()} | {"path_prefix": prefix}
        pairs = [(name, value) for name, values in signed_params.items() for value in values]
        signed_query = httpx2.QueryParams([*pairs, ("signature", sign_proxy_query(signed_params, apps_secret))])
    response = gallery.api.get("/proxy/studio/products/8001/page", params=signed_query)
    assert (response.status_code, response.json()["code"]) == (401, "InvalidProxySignature")


def test_log_lines_name_the_shop_and_no_customer(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = []
    read_offer = storefront.read_offer

    def record_log(*given: Any) -> Any:
        bound.append(logs.current("tenant"))
        return read_offer(*given)

    monkeypatch.setattr(storefront, "read_offer", record_log)
    assert gallery.shopper("GET", "products/8001", customer=4711).status_code == 200
    assert bound == [f"shopper:{gallery.shop}"]
