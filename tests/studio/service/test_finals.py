"""Paid orders: one final per line, of the exact size, despite redeliveries."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.kit.messages import publish
from chalicelib.studio.models import Generation, Order, Quota
from chalicelib.studio.schemas.messages import FinalRequested
from tests.studio.conftest import CUSTOMER, VARIANT, Gallery


def _deliver_paid_order(gallery: Gallery, *properties: dict[str, str], **order: Any) -> None:
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(*properties, **order)).ok
    assert gallery.drain() == []


def test_a_paid_line_gets_a_final_of_the_exact_size(gallery: Gallery) -> None:
    preview = gallery.preview()
    _deliver_paid_order(gallery, preview["line_item_property"])
    (final,) = gallery.finals()
    assert (final["status"], final["upscale_status"]) == ("completed", "completed")
    assert final["source_generation_id"] == preview["id"]
    assert (final["final_width"], final["final_height"]) == (400, 500)
    with Image.open(io.BytesIO(httpx2.get(final["final_url"]).content)) as image:
        assert image.size == (400, 500)
        assert image.info["dpi"] == (300, 300)
        assert image.info["icc_profile"]
        assert not image.getexif()
    order = Order.get(gallery.shop, final["order_id"])
    assert (order.status, order.customer_id) == ("paid", f"gid://shopify/Customer/{CUSTOMER}")
    by_order = gallery.merchant("GET", f"generations?order_id={final['order_id']}").json()["items"]
    assert [item["id"] for item in by_order] == [final["id"]]


def test_a_redelivered_order_gets_one_final(gallery: Gallery) -> None:
    order = gallery.order(gallery.preview()["line_item_property"])
    for _ in range(10):
        assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    assert gallery.drain() == []
    (final,) = gallery.finals()
    row = Generation.get(final["id"])
    assert row.attempts == 1
    publish(FinalRequested(shop=gallery.shop, generation_id=row.id))
    assert gallery.drain() == []
    assert Generation.get(row.id).final_image_url == row.final_image_url


def test_each_line_gets_its_own_final(gallery: Gallery) -> None:
    line_property = gallery.preview()["line_item_property"]
    _deliver_paid_order(gallery, line_property, line_property)
    assert len(gallery.finals()) == 2


def test_a_forged_or_foreign_id_is_ignored_and_other_lines_are_processed(
    gallery: Gallery, other_gallery: Gallery
) -> None:
    genuine, foreign = gallery.preview()["line_item_property"], other_gallery.preview()["line_item_property"]
    forged_property = {"name": "_generation", "value": genuine["value"][:-4] + "AAAA"}
    plain = {"name": "_generation", "value": "not a signature"}
    _deliver_paid_order(gallery, forged_property, foreign, plain, genuine)
    assert len(gallery.finals()) == 1
    assert other_gallery.finals() == []


def test_an_unknown_variant_fails_the_final_with_a_reason(gallery: Gallery) -> None:
    _deliver_paid_order(gallery, gallery.preview()["line_item_property"], variant=VARIANT + 1)
    (final,) = gallery.finals()
    assert (final["status"], final["upscale_status"]) == ("failed", "failed")
    assert "variant" in final["error_message"]


def test_a_mapping_has_priority_over_a_size(gallery: Gallery) -> None:
    base = gallery.merchant("POST", "bases", {"name": "Poster", "base_price": "10.00"}).json()["uuid"]
    variant = {"name": "A6", "width_px": 280, "height_px": 350, "option_values": {"Size": "A6"}}
    new_base = gallery.merchant("POST", f"bases/{base}/variants", variant).json()
    mapping = {
        "product_base_variant_id": new_base["uuid"],
        "shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT}",
    }
    assert gallery.merchant("PUT", f"products/{gallery.product}/mappings", mapping).status_code == 200
    _deliver_paid_order(gallery, gallery.preview()["line_item_property"])
    (final,) = gallery.finals()
    assert (final["final_width"], final["final_height"]) == (280, 350)
    assert Generation.get(final["id"]).product_base_variant_id == new_base["uuid"]


@pytest.mark.parametrize("limit", ["monthly_generation_limit", "storage_quota_mb", "max_concurrent_generations"])
def test_the_quota_does_not_limit_finals(gallery: Gallery, limit: str) -> None:
    line_property = gallery.preview()["line_item_property"]
    Quota(gallery.shop).update([getattr(Quota, limit).set(0)])
    _deliver_paid_order(gallery, line_property)
    assert gallery.finals()[0]["status"] == "completed"


def test_an_order_without_generations_is_not_stored(gallery: Gallery) -> None:
    _deliver_paid_order(gallery, {"name": "Engraving", "value": "Mia"})
    assert Order.count(gallery.shop) == 0


def test_an_order_with_only_forged_ids_is_not_stored(gallery: Gallery) -> None:
    _deliver_paid_order(gallery, {"name": "_generation", "value": "forged"})
    assert (Order.count(gallery.shop), gallery.finals()) == (0, [])


def test_a_final_counts_as_storage(gallery: Gallery) -> None:
    line_property = gallery.preview()["line_item_property"]
    before = Decimal(gallery.quota()["current_storage_mb"])
    _deliver_paid_order(gallery, line_property)
    url = Generation.get(gallery.finals()[0]["id"]).final_image_url
    assert (Decimal(gallery.quota()["current_storage_mb"]) - before) * 1_000_000 == storage.size(url)
