"""The catalogue of a merchant, over HTTP."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from chalicelib.studio.models import Product, ProductStyle
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import Gallery

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_product_is_enabled_once(gallery: Gallery) -> None:
    second_response = gallery.merchant("POST", "products", {"shopify_product_id": 8001, "title": "Another name"})
    assert second_response.status_code == 201
    assert (second_response.json()["uuid"], second_response.json()["title"]) == (gallery.product, "Portrait")
    assert len(gallery.merchant("GET", "products").json()["items"]) == 1


def test_one_key_creates_one_style_and_another_body_is_refused(gallery: Gallery) -> None:
    style = {"name": "Oil", "prompt_template": "{style}"}
    key = {"Idempotency-Key": "one"}
    first = gallery.merchant("POST", "styles", style, **key)
    assert gallery.merchant("POST", "styles", style, **key).json() == first.json()
    assert len(gallery.merchant("GET", "styles").json()["items"]) == 2
    other = gallery.merchant("POST", "styles", style | {"name": "Comic"}, **key)
    assert (other.status_code, other.json()["code"]) == (409, "IdempotencyConflict")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("styles", {"name": "x", "prompt_template": "{shop.token}"}, "body.prompt_template"),
        ("styles", {"prompt_template": "x"}, "body.name"),
        ("products", {"shopify_product_id": "gid", "title": "x"}, "body.shopify_product_id"),
        ("products", {"shopify_product_id": 1, "title": "x", "shop_id": "other.myshopify.com"}, "body.shop_id"),
    ],
)
def test_invalid_input_names_the_field(gallery: Gallery, path: str, body: dict[str, object], field: str) -> None:
    response = gallery.merchant("POST", path, body)
    assert response.status_code == 422
    assert field in [error["path"] for error in response.json()["errors"]]


@pytest.mark.parametrize(("width", "height"), [(12_001, 10), (10_000, 6_001), (0, 10)])
def test_sizes_that_cannot_be_printed_are_refused(gallery: Gallery, width: int, height: int) -> None:
    size = {"name": "x", "width_px": width, "height_px": height}
    assert gallery.merchant("POST", f"products/{gallery.product}/sizes", size).status_code == 422


def test_lists_keep_the_order_of_the_merchant(gallery: Gallery) -> None:
    for name, place in (("third", 3), ("first", 1), ("second", 2)):
        style = {"name": name, "prompt_template": "x", "sort_order": place}
        assert gallery.merchant("POST", "styles", style).status_code == 201
    names = [item["name"] for item in gallery.merchant("GET", "styles").json()["items"]]
    assert names == ["Pencil", "first", "second", "third"]


def test_deleted_styles_and_sizes_are_only_hidden_from_lists(gallery: Gallery) -> None:
    assert gallery.merchant("DELETE", f"styles/{gallery.style}").status_code == 204
    assert gallery.merchant("GET", "styles").json()["items"] == []
    assert gallery.merchant("GET", f"styles/{gallery.style}").json()["is_active"] is False
    size = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"][0]["uuid"]
    assert gallery.merchant("DELETE", f"products/{gallery.product}/sizes/{size}").status_code == 204
    assert gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"] == []


def test_a_change_keeps_omitted_fields(gallery: Gallery) -> None:
    body = gallery.merchant("PUT", f"products/{gallery.product}", {"is_enabled": False}).json()
    assert (body["is_enabled"], body["title"]) == (False, "Portrait")
    style = gallery.merchant("PUT", f"styles/{gallery.style}", {"name": "Charcoal"}).json()
    assert (style["name"], style["prompt_template"]) == ("Charcoal", "{style} of {product}: {text}")


def test_rows_of_another_shop_are_not_found(gallery: Gallery, other_gallery: Gallery) -> None:
    for path in (f"products/{gallery.product}", f"styles/{gallery.style}", f"products/{gallery.product}/sizes"):
        assert other_gallery.merchant("GET", path).status_code == 404
    stolen = other_gallery.merchant("PUT", f"products/{other_gallery.product}/styles/{gallery.style}", {})
    assert (stolen.status_code, stolen.json()["code"]) == (404, "StyleNotFound")
    assert gallery.merchant("GET", f"products/{NOBODY}").json()["code"] == "ProductNotFound"


def test_a_watermark_is_set_changed_and_kept(gallery: Gallery) -> None:
    assert gallery.merchant("GET", "watermark").status_code == 404
    assert gallery.merchant("PUT", "watermark", {"opacity": "0.5"}).json()["code"] == "WatermarkNotFound"
    image = base64.b64encode(encode_image(Image.new("RGBA", (80, 20), "white"))).decode()
    first = gallery.merchant("PUT", "watermark", {"image": image, "opacity": "0.5", "position": "top-left"}).json()
    second = gallery.merchant("PUT", "watermark", {"opacity": "0.25"}).json()
    assert (first["opacity"], second["opacity"], second["position"]) == ("0.5", "0.25", "bottom-right")
    assert first["image_url"].split("?")[0] == second["image_url"].split("?")[0]


@pytest.mark.parametrize("image", ["not base64!", base64.b64encode(b"%PDF-1.7").decode()])
def test_an_invalid_watermark_image_is_refused(gallery: Gallery, image: str) -> None:
    response = gallery.merchant("PUT", "watermark", {"image": image})
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "body.image"


def test_a_key_used_for_an_existing_product_cannot_be_reused(gallery: Gallery) -> None:
    key = {"Idempotency-Key": "one"}
    product = {"shopify_product_id": 8001, "title": "Portrait"}
    first = gallery.merchant("POST", "products", product, **key)
    assert gallery.merchant("POST", "products", product, **key).headers["Idempotency-Replayed"] == "true"
    assert first.status_code == 201
    assert gallery.merchant("POST", "products", product | {"title": "Other"}, **key).status_code == 409


def test_concurrent_requests_add_at_most_99_styles(gallery: Gallery) -> None:
    style = {"name": "x", "prompt_template": "x"}
    styles = [gallery.merchant("POST", "styles", style).json()["uuid"] for _ in range(6)]
    Product(gallery.shop, gallery.product).update([Product.style_count.set(97)])
    with ThreadPoolExecutor(6) as pool:
        path = f"products/{gallery.product}/styles/"
        responses = list(pool.map(lambda style: gallery.merchant("PUT", path + style, {}).status_code, styles))
    assert sorted(responses) == [200, 200, 409, 409, 409, 409]
    assert ProductStyle.count(gallery.product) == 1 + 2
    assert gallery.merchant("PUT", path + gallery.style, {"sort_order": 7}).json()["sort_order"] == 7


def test_concurrent_changes_of_a_product_are_all_kept(gallery: Gallery) -> None:
    path = f"products/{gallery.product}"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda body: gallery.merchant("PUT", path, body), [{"title": "New"}, {"is_enabled": False}]))
    response_body = gallery.merchant("GET", path).json()
    assert (response_body["title"], response_body["is_enabled"]) == ("New", False)
    assert Product.get(gallery.shop, gallery.product).style_count == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "products/{}"),
        ("PUT", "products/{}"),
        ("POST", "products/{}/sizes"),
        ("PUT", "styles/{}"),
        ("DELETE", "styles/{}"),
        ("GET", "generations/{}"),
    ],
)
def test_unknown_ids_are_not_found(gallery: Gallery, method: str, path: str) -> None:
    body = {"name": "x", "width_px": 1, "height_px": 1} if path.endswith("sizes") else {}
    for name in (NOBODY, "a" * 3000, "%00"):
        assert gallery.merchant(method, path.format(name), body).status_code == 404
