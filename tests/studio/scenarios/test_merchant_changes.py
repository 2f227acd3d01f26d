"""Changes by merchants: versions, order, uniqueness, paged lists."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.kit import auth, aws, clock, config
from chalicelib.kit.auth import Role
from chalicelib.studio.models import AiStyle, Quota, Watermark
from infra.sandbox.shopify import ShopifySandbox
from tests.integrations.sample_images import encode_image, open_image
from tests.studio.conftest import VARIANT, Gallery

GID = f"gid://shopify/ProductVariant/{VARIANT}"
OTHER = "gid://shopify/ProductVariant/9"


def mark(colour: str = "white") -> str:
    return base64.b64encode(encode_image(Image.new("RGBA", (80, 20), colour))).decode()


def objects(prefix: str) -> set[str]:
    stored_objects = aws.client("s3").list_objects_v2(Bucket=config.settings().images_bucket, Prefix=prefix)
    return {each["Key"] for each in stored_objects.get("Contents", [])}


def list_all(gallery: Gallery, path: str, limit: int) -> Iterator[dict[str, Any]]:
    """Return all items of a list, page by page."""
    cursor = ""
    while True:
        page = gallery.merchant("GET", f"{path}?limit={limit}{cursor}").json()
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['next_cursor']}"


# Versions.


@pytest.mark.parametrize("kind", ["product", "style", "size", "base", "variant", "watermark"])
def test_a_change_with_a_stale_version_is_refused(gallery: Gallery, base: dict[str, Any], kind: str) -> None:
    gallery.merchant("PUT", "watermark", {"image": mark()})
    size = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"][0]
    path, body = {
        "product": (f"products/{gallery.product}", {"title": "x"}),
        "style": (f"styles/{gallery.style}", {"name": "x"}),
        "size": (f"products/{gallery.product}/sizes/{size['uuid']}", {"name": "x"}),
        "base": (f"bases/{base['uuid']}", {"name": "x"}),
        "variant": (f"bases/{base['uuid']}/variants/{base['variant']['uuid']}", {"name": "x"}),
        "watermark": ("watermark", {"opacity": "0.5"}),
    }[kind]
    first = gallery.merchant("PUT", path, body)
    assert first.status_code == 200, first.text
    old = first.headers["ETag"]
    second = gallery.merchant("PUT", path, body, **{"If-Match": old})
    assert second.status_code == 200, second.text
    for stale in (old, '"nonsense"'):
        late_response = gallery.merchant("PUT", path, body, **{"If-Match": stale})
        assert (late_response.status_code, late_response.json()["code"]) == (412, "VersionMismatch")
    assert gallery.merchant("PUT", path, body, **{"If-Match": second.headers["ETag"]}).status_code == 200


# Order.


def test_styles_are_reordered_in_one_request(gallery: Gallery) -> None:
    style = {"name": "x", "prompt_template": "x"}
    styles = [gallery.style, *(gallery.merchant("POST", "styles", style).json()["uuid"] for _ in range(4))]
    path = f"products/{gallery.product}/styles"
    for each in styles[1:]:
        gallery.merchant("PUT", f"{path}/{each}", {})
    order = random.Random(1).sample(styles, len(styles))
    response = gallery.merchant("PUT", path, {"ai_style_ids": order})
    assert [item["ai_style_id"] for item in response.json()["items"]] == order
    assert [item["ai_style_id"] for item in list_all(gallery, path, 2)] == order
    for wrong in (order[1:], [*order, gallery.product], [*order[:-1], order[0]]):
        refusal = gallery.merchant("PUT", path, {"ai_style_ids": wrong})
        assert (refusal.status_code, refusal.json()["code"]) == (409, "OrderIncomplete")
    assert order[0] in gallery.merchant("PUT", path, {"ai_style_ids": order[1:]}).json()["detail"]


def test_a_reorder_with_a_stale_version_is_refused(gallery: Gallery) -> None:
    path = f"products/{gallery.product}/styles"
    other = gallery.merchant("POST", "styles", {"name": "x", "prompt_template": "x"}).json()["uuid"]
    before = gallery.merchant("GET", path).headers["ETag"]
    gallery.merchant("PUT", f"{path}/{other}", {})
    response = gallery.merchant("GET", path)
    order = {"ai_style_ids": [item["ai_style_id"] for item in response.json()["items"]][::-1]}
    assert gallery.merchant("GET", path, **{"If-None-Match": response.headers["ETag"]}).status_code == 304
    for stale in (before, '"nonsense"'):
        late_response = gallery.merchant("PUT", path, order, **{"If-Match": stale})
        assert (late_response.status_code, late_response.json()["code"]) == (412, "VersionMismatch")
    send_request = partial(gallery.merchant, "PUT", path, order, **{"If-Match": response.headers["ETag"]})
    with ThreadPoolExecutor(4) as pool:
        responses = [call.result() for call in [pool.submit(send_request) for _ in range(4)]]
    assert sorted(http_response.status_code for http_response in responses) == [200, 412, 412, 412]
    assert gallery.merchant("PUT", f"{path}/{other}", {"is_enabled": False}).status_code == 200
    (tag,) = [http_response.headers["ETag"] for http_response in responses if http_response.status_code == 200]
    assert gallery.merchant("PUT", path, order, **{"If-Match": tag}).status_code == 412


def test_concurrent_reorders_do_not_mix(gallery: Gallery) -> None:
    style = {"name": "x", "prompt_template": "x"}
    path = f"products/{gallery.product}/styles"
    for _ in range(7):
        gallery.merchant("PUT", f"{path}/{gallery.merchant('POST', 'styles', style).json()['uuid']}", {})
    one = [item["ai_style_id"] for item in gallery.merchant("GET", path).json()["items"]]
    orders = [one, one[::-1]] * 4
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda order: gallery.merchant("PUT", path, {"ai_style_ids": order}), orders))
    assert {response.status_code for response in responses} <= {200, 503}
    assert [item["ai_style_id"] for item in gallery.merchant("GET", path).json()["items"]] in (one, one[::-1])


def test_a_list_is_paged_in_the_order_of_the_merchant(gallery: Gallery) -> None:
    for number in range(7):
        style = {"name": f"s{number}", "prompt_template": "x", "sort_order": number % 3}
        assert gallery.merchant("POST", "styles", style).status_code == 201
    whole = [item["name"] for item in gallery.merchant("GET", "styles").json()["items"]]
    assert whole == ["Pencil", "s0", "s3", "s6", "s1", "s4", "s2", "s5"]
    assert [item["name"] for item in list_all(gallery, "styles", 3)] == whole


# Uniqueness.


def test_a_shopify_variant_has_one_size_of_a_product(gallery: Gallery) -> None:
    path = f"products/{gallery.product}/sizes"
    size = {"name": "x", "width_px": 10, "height_px": 10, "shopify_variant_id": OTHER}
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda _: gallery.merchant("POST", path, size).status_code, range(6)))
    assert sorted(codes) == [201] + [409] * 5
    existing = next(item for item in gallery.merchant("GET", path).json()["items"] if item["name"] == "x")
    move_response = gallery.merchant("PUT", f"{path}/{existing['uuid']}", {"shopify_variant_id": GID})
    assert (move_response.status_code, move_response.json()["code"]) == (409, "VariantAlreadyMapped")
    assert gallery.merchant("DELETE", f"{path}/{existing['uuid']}").status_code == 204
    assert gallery.merchant("POST", path, size).status_code == 201
    assert gallery.merchant("PUT", f"{path}/{existing['uuid']}", {"name": "y"}).status_code == 404
    assert gallery.merchant("DELETE", f"{path}/{existing['uuid']}").status_code == 204
    assert gallery.merchant("POST", path, size).status_code == 409  # the variant is still the second size's


def test_a_size_that_changes_its_variant_frees_the_old_one(gallery: Gallery) -> None:
    path = f"products/{gallery.product}/sizes"
    first = gallery.merchant("GET", path).json()["items"][0]
    response = gallery.merchant(
        "PUT", f"{path}/{first['uuid']}", {"shopify_variant_id": OTHER, "width_px": 20, "height_px": 30}
    )
    assert (response.json()["shopify_variant_id"], response.json()["width_px"]) == (OTHER, 20)
    size = {"name": "x", "width_px": 10, "height_px": 10, "shopify_variant_id": GID}
    assert gallery.merchant("POST", path, size).status_code == 201
    assert gallery.merchant("PUT", f"{path}/{first['uuid']}", {"width_px": 20}).status_code == 422


def test_a_shopify_variant_has_one_mapping_of_a_product(gallery: Gallery, base: dict[str, Any]) -> None:
    path = f"products/{gallery.product}/mappings"
    variant = {"name": "x", "width_px": 10, "height_px": 10}
    other_ids = [gallery.merchant("POST", f"bases/{base['uuid']}/variants", variant).json()["uuid"] for _ in range(5)]
    bodies = [{"product_base_variant_id": each, "shopify_variant_id": GID} for each in other_ids]
    with ThreadPoolExecutor(5) as pool:
        codes = list(pool.map(lambda body: gallery.merchant("PUT", path, body).status_code, bodies))
    assert sorted(codes) == [200] + [409] * 4
    (present,) = gallery.merchant("GET", path).json()["items"]
    existing = {"product_base_variant_id": present["product_base_variant_id"], "shopify_variant_id": GID}
    assert gallery.merchant("PUT", path, existing).status_code == 200  # a repetition changes nothing
    assert gallery.merchant("PUT", path, existing | {"is_active": False}).status_code == 200
    mine = {"product_base_variant_id": base["variant"]["uuid"], "shopify_variant_id": GID}
    assert gallery.merchant("PUT", path, mine).status_code == 200
    assert gallery.merchant("PUT", path, existing | {"is_active": False}).status_code == 200  # others stay
    assert [item["product_base_variant_id"] for item in gallery.merchant("GET", path).json()["items"]] == [
        base["variant"]["uuid"]
    ]


# Bases and restored rows.


def test_bases_and_variants_are_listed_changed_deleted_and_restored(gallery: Gallery, base: dict[str, Any]) -> None:
    path, variant = f"bases/{base['uuid']}", f"bases/{base['uuid']}/variants/{base['variant']['uuid']}"
    assert [item["uuid"] for item in gallery.merchant("GET", "bases").json()["items"]] == [base["uuid"]]
    assert gallery.merchant("PUT", path, {"base_price": "12.50"}).json()["base_price"] == "12.5"
    assert gallery.merchant("PUT", variant, {"width_px": 20_000, "height_px": 1}).status_code == 422
    assert gallery.merchant("PUT", variant, {"price_modifier": "-2.25"}).json()["price_modifier"] == "-2.25"
    for each in (variant, path):
        assert gallery.merchant("DELETE", each).status_code == 204
    assert gallery.merchant("GET", "bases").json()["items"] == []
    assert gallery.merchant("PUT", path, {"is_active": True}).json()["name"] == "Poster"
    assert gallery.merchant("GET", f"{path}/variants").json()["items"] == []
    gallery.merchant("PUT", variant, {"is_active": True})
    (items,) = gallery.merchant("GET", f"{path}/variants").json()["items"]
    assert (items["uuid"], items["price_modifier"]) == (base["variant"]["uuid"], "-2.25")


def test_a_product_is_offered_on_bases_in_order(gallery: Gallery, base: dict[str, Any]) -> None:
    other = gallery.merchant("POST", "bases", {"name": "Mug"}).json()["uuid"]
    path = f"products/{gallery.product}/bases"
    gallery.merchant("PUT", f"{path}/{base['uuid']}", {"sort_order": 2})
    gallery.merchant("PUT", f"{path}/{other}", {"sort_order": 1})
    items = gallery.merchant("GET", path).json()["items"]
    assert [(item["product_base_id"], item["is_enabled"]) for item in items] == [(other, True), (base["uuid"], True)]
    assert gallery.merchant("PUT", f"{path}/{other}", {"is_enabled": False}).json()["is_enabled"] is False


def test_a_deleted_style_can_be_restored(gallery: Gallery) -> None:
    gallery.merchant("DELETE", f"styles/{gallery.style}")
    assert gallery.merchant("PUT", f"styles/{gallery.style}", {"is_active": True}).json()["is_active"] is True
    assert len(gallery.merchant("GET", "styles").json()["items"]) == 1


def test_a_new_example_replaces_the_previous_one(gallery: Gallery) -> None:
    path = f"styles/{gallery.style}/example"
    assert gallery.merchant("GET", f"styles/{gallery.style}").json()["has_example"] is False
    assert gallery.merchant("PUT", path, {"image": base64.b64encode(b"%PDF-1.7").decode()}).status_code == 422
    for colour in ("red", "blue"):
        assert gallery.merchant("PUT", path, {"image": mark(colour)}).json()["has_example"] is True
    url = AiStyle.get(gallery.shop, gallery.style).example_image_url
    assert objects(f"examples/{gallery.shop}/") == {storage.parts(url)[1]}


# Watermark.


def test_concurrent_watermark_changes_leave_one_image(gallery: Gallery) -> None:
    gallery.merchant("PUT", "watermark", {"image": mark()})
    with ThreadPoolExecutor(6) as pool:
        colours = ["red", "blue", "green", "black", "white", "yellow"]
        codes = list(
            pool.map(lambda colour: gallery.merchant("PUT", "watermark", {"image": mark(colour)}).status_code, colours)
        )
    assert set(codes) <= {200, 412}
    assert 200 in codes
    url = Watermark.get(gallery.shop).image_url
    assert objects(f"watermarks/{gallery.shop}/") == {storage.parts(url)[1]}


def test_a_watermark_can_be_previewed_before_it_is_saved(gallery: Gallery) -> None:
    def preview_watermark(body: dict[str, Any]) -> Image.Image:
        response = gallery.merchant("POST", "watermark/preview", body)
        assert response.status_code == 200, response.text
        return open_image(base64.b64decode(response.json()["preview"])).convert("RGB")

    settings = {"image": mark("red"), "opacity": "1", "position": "top-left", "size_percentage": "50"}
    visible, faint = preview_watermark(settings), preview_watermark(settings | {"opacity": "0"})
    assert visible.size == faint.size == (1024, 683)
    assert visible.getpixel((60, 60))[0] - faint.getpixel((60, 60))[0] > 60  # type: ignore[index]
    photo = base64.b64encode(encode_image(Image.new("RGB", (300, 300), "blue"), "JPEG")).decode()
    assert preview_watermark(settings | {"photo": photo}).size == (1024, 1024)
    assert gallery.merchant("GET", "watermark").status_code == 404  # nothing is stored
    assert gallery.merchant("POST", "watermark/preview", {}).json()["code"] == "WatermarkNotFound"
    invalid_response = gallery.merchant(
        "POST", "watermark/preview", settings | {"photo": base64.b64encode(b"x").decode()}
    )
    assert invalid_response.json()["errors"][0]["path"] == "body.photo"


def test_watermarks_and_examples_count_as_storage(gallery: Gallery) -> None:
    def stored_bytes() -> int:
        bucket = config.settings().images_bucket
        keys = objects(f"watermarks/{gallery.shop}/") | objects(f"examples/{gallery.shop}/")
        return sum(storage.size(storage.address(bucket, key)) or 0 for key in keys)

    def noise_image(side: int) -> dict[str, str]:
        return {"image": base64.b64encode(encode_image(Image.effect_noise((side, side), 80), "PNG")).decode()}

    example = f"styles/{gallery.style}/example"
    for side in (200, 300, 100):
        for path in ("watermark", example):
            assert gallery.merchant("PUT", path, noise_image(side)).status_code == 200
            assert Decimal(gallery.quota()["current_storage_mb"]) * 1_000_000 == stored_bytes() > 0
    assert gallery.merchant("PUT", "watermark", {"opacity": "0.5"}).status_code == 200  # the image is kept
    assert Decimal(gallery.quota()["current_storage_mb"]) * 1_000_000 == stored_bytes()
    Quota(gallery.shop).update([Quota.storage_quota_mb.set(0)])
    for path in ("watermark", example):
        before = stored_bytes()
        full = gallery.merchant("PUT", path, noise_image(300))
        assert (full.status_code, full.json()["code"]) == (429, "StorageExceeded")
        assert stored_bytes() == before
        assert gallery.merchant("PUT", path, noise_image(50)).status_code == 200  # less than before


# Generations, usage, quota.


def test_generations_are_filtered_by_their_columns(gallery: Gallery) -> None:
    preview = gallery.preview()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(preview["line_item_property"]))
    gallery.shopper(
        "POST", "generations", gallery.preview_request(gallery.accepted_upload())
    )  # stays pending: the queue is not drained
    customer = "gid://shopify/Customer/4711"

    def matching_ids(**query: str) -> list[str]:
        items = gallery.merchant("GET", f"generations?{httpx2.QueryParams(query)}").json()["items"]
        return [f"{item['generation_type']} {item['status']}" for item in items]

    assert matching_ids(status="pending") in (["preview pending"], ["preview pending", "final pending"])
    assert gallery.drain() == []
    assert matching_ids(generation_type="final") == ["final completed"]
    assert matching_ids(product_id=gallery.product, ai_style_id=gallery.style, customer_id=customer) == matching_ids()
    assert matching_ids(product_id="00000000-0000-4000-8000-000000000000") == []
    assert gallery.merchant("GET", "generations?status=lost").status_code == 422
    assert len(list(list_all(gallery, "generations", 1))) == 3


def test_usage_lists_the_most_used_styles(gallery: Gallery) -> None:
    other = gallery.merchant("POST", "styles", {"name": "Oil", "prompt_template": "x"}).json()["uuid"]
    AiStyle(gallery.shop, other).update([AiStyle.usage_count.set(5)])
    gallery.preview()
    usage = gallery.merchant("GET", "usage").json()
    assert [style["name"] for style in usage["popular_styles"]] == ["Oil", "Pencil"]
    assert usage["quota"]["current_generations"] == 1


def test_an_operator_changes_the_limits_of_a_shop(gallery: Gallery, api: httpx2.Client) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    path = f"/v1/operator/studio/quotas/{gallery.shop}"
    response = api.put(path, json={"monthly_generation_limit": 7}, headers=headers)
    assert (response.json()["monthly_generation_limit"], response.json()["max_concurrent_generations"]) == (7, 3)
    assert Quota.get(gallery.shop).monthly_generation_limit == 7
    assert api.put(path, json={"storage_quota_mb": -1}, headers=headers).status_code == 422


# Product events from Shopify.


def test_a_product_is_synced_with_shopify(gallery: Gallery, shopify: ShopifySandbox) -> None:
    now = clock.now()

    def deliver(topic: str, payload: Any, seconds: int) -> None:
        at = now + timedelta(seconds=seconds)
        assert shopify.deliver("studio", gallery.shop, topic, payload, triggered_at=at).ok
        assert gallery.drain() == []

    deliver("products/update", shopify.product(gallery.shop, 8001, "Newest"), 5)
    deliver("products/update", shopify.product(gallery.shop, 8001, "Older"), 1)
    deliver("products/update", shopify.product(gallery.shop, 9999, "Not here"), 6)
    body = gallery.merchant("GET", f"products/{gallery.product}").json()
    assert (body["title"], body["is_enabled"]) == ("Newest", True)
    deliver("products/delete", shopify.delete_product(8001), 9)
    assert gallery.merchant("GET", f"products/{gallery.product}").json()["is_enabled"] is False
    assert len(gallery.merchant("GET", "products").json()["items"]) == 1


def test_concurrent_requests_with_one_key_get_one_response(gallery: Gallery) -> None:
    for number in range(6):
        headers = {"Idempotency-Key": f"key {number}"}
        size = {
            "name": "b",
            "width_px": 4,
            "height_px": 5,
            "shopify_variant_id": f"gid://shopify/ProductVariant/{number + 1}",
        }
        for path, body in (
            ("products", {"shopify_product_id": 9000 + number, "title": "T"}),
            (f"products/{gallery.product}/sizes", size),
        ):
            with ThreadPoolExecutor(2) as pool:
                asks = [pool.submit(gallery.merchant, "POST", path, body, **headers) for _ in range(2)]
                responses = [send_request.result() for send_request in asks]
            assert [response.status_code for response in responses] == [201, 201], [
                response.text for response in responses
            ]
            assert responses[0].json() == responses[1].json()


def test_concurrent_requests_add_a_product_once(gallery: Gallery) -> None:
    body = {"shopify_product_id": 4711, "title": "T"}
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: gallery.merchant("POST", "products", body), range(4)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["uuid"] for response in responses}) == 1


@pytest.mark.parametrize("shop", ["no-such-shop", "SHOP.MYSHOPIFY.COM", "evil.example"])
def test_a_quota_of_an_unknown_shop_is_404(gallery: Gallery, shop: str) -> None:
    operator = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    url = f"/v1/operator/studio/quotas/{shop}"
    response = gallery.api.put(url, json={"monthly_generation_limit": 5}, headers=operator)
    assert (response.status_code, response.json()["code"]) == (404, "ShopNotFound")
    assert shop not in {row.shop_id for row in Quota.scan()}
