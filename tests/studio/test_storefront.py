"""What a shopper is offered."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any

import httpx
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.shopify.signature import sign_proxy_query
from chalicelib.kit import aws, config, logs
from chalicelib.studio.service import storefront
from infra.bench.round_trips import metered
from infra.sandbox.shopify import SANDBOX_APPS
from tests.integrations.pictures import encoded
from tests.studio.conftest import VARIANT, Gallery


def offer(gallery: Gallery, product: str = "8001") -> httpx.Response:
    return gallery.shopper("GET", f"products/{product}", customer=None)


def test_what_can_be_chosen_in_the_merchant_s_order(gallery: Gallery) -> None:
    image = base64.b64encode(encoded(Image.new("RGB", (64, 64), "red"))).decode()
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
        answer = offer(gallery)
    read = answer.json()
    assert (read["product_id"], read["title"]) == (gallery.product, "Portrait")
    assert [style["name"] for style in read["styles"]] == ["Oil", "Pencil"]
    assert read["styles"][0]["example_url"] is None
    assert httpx.get(read["styles"][1]["example_url"]).headers["content-type"] == "image/png"
    (size,) = read["sizes"]
    assert (size["name"], size["shopify_variant_id"]) == ("small", f"gid://shopify/ProductVariant/{VARIANT}")
    assert meter.cost.reads == 4


@pytest.mark.parametrize("product", ["9999", "abc", "-1", "8001x"])
def test_what_is_not_there(gallery: Gallery, product: str) -> None:
    assert (offer(gallery, product).status_code, offer(gallery, product).json()["code"]) == (404, "ProductNotFound")


def test_a_disabled_product_is_not_offered(gallery: Gallery) -> None:
    gallery.merchant("PUT", f"products/{gallery.product}", {"is_enabled": False})
    assert offer(gallery).status_code == 404


def test_another_shop_s_product_is_not_offered(gallery: Gallery, another: Gallery) -> None:
    gallery.merchant("POST", "products", {"shopify_product_id": 7007, "title": "Mine"})
    assert offer(another, "7007").status_code == 404


def test_the_page_holds_what_is_offered_and_nothing_that_runs_by_itself(gallery: Gallery) -> None:
    evil = "</script><script>alert(1)</script>"
    gallery.merchant("PUT", f"products/{gallery.product}", {"title": evil})
    gallery.merchant("PUT", f"styles/{gallery.style}", {"name": evil})
    answer = gallery.shopper("GET", "products/8001/page", customer=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert "<script>alert" not in answer.text
    bucket = storage.origins(config.settings().images_bucket)
    assert f"img-src blob: {bucket}" in policy
    assert f"connect-src 'self' {bucket}" in policy
    assert "*" not in policy
    assert len(answer.content) < 40_000
    assert gallery.shopper("GET", "products/9999/page").status_code == 404


def test_a_product_that_is_not_offered_has_a_page_that_says_so(gallery: Gallery) -> None:
    answer = gallery.shopper("GET", "products/9999/page")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "cannot be made from a photo" in answer.text


@pytest.mark.parametrize("prefix", [["/apps/studio", "/evil/x"], ["https://evil.example/apps/x"], ["/apps/../x"], [""]])
def test_the_page_s_calls_cannot_be_led_elsewhere(gallery: Gallery, prefix: list[str]) -> None:
    """Whatever a visitor puts into the shop's address, Shopify signs."""
    query = {"shop": gallery.shop, "timestamp": str(int(time.time())), "path_prefix": prefix[0]}
    signed = httpx.QueryParams(gallery.shopify.sign_proxy("studio", query))
    if len(prefix) > 1:
        apps_secret = SANDBOX_APPS["studio"].secret
        both = {name: [value] for name, value in query.items()} | {"path_prefix": prefix}
        pairs = [(name, value) for name, values in both.items() for value in values]
        signed = httpx.QueryParams([*pairs, ("signature", sign_proxy_query(both, apps_secret))])
    answer = gallery.api.get("/proxy/studio/products/8001/page", params=signed)
    assert (answer.status_code, answer.json()["code"]) == (401, "InvalidProxySignature")


def test_log_lines_name_the_shop_and_no_customer(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = []
    read = storefront.read_offer

    def listening(*given: Any) -> Any:
        bound.append(logs.current("tenant"))
        return read(*given)

    monkeypatch.setattr(storefront, "read_offer", listening)
    assert gallery.shopper("GET", "products/8001", customer=4711).status_code == 200
    assert bound == [f"shopper:{gallery.shop}"]
