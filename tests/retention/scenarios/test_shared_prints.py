"""A print whose order's customer is not the preview's shopper belongs to both: erasing either ends the picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.shops.schemas.orders import OrderEdited
from chalicelib.studio.models import Generation, Order, Upload
from chalicelib.studio.service import orders
from tests.retention.factories import files, traces
from tests.retention.service.test_erasure import erase
from tests.retention.service.test_export import exported_zip
from tests.studio.conftest import CUSTOMER, Gallery, gallery
from tests.studio.order_factories import order_paid

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

__all__ = ["gallery"]

Drain = Callable[[], list[Any]]
PAYER, NEXT = CUSTOMER + 1, CUSTOMER + 2


def gid(customer: int) -> str:
    return f"gid://shopify/Customer/{customer}"


def pay(gallery: Gallery, given: dict[str, str], customer: int | None = PAYER) -> dict[str, Any]:
    order = gallery.order(given, customer=customer)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    return order


def the_final() -> Generation:
    (row,) = [row for row in Generation.scan() if row.order_id]
    return row


def assert_ended(gallery: Gallery, final: Generation) -> None:
    assert [row for row in Generation.scan() if row.id == final.id] == []
    assert final.final_image_url not in files()
    counted, stored = gallery.storage()
    assert counted == stored


def test_erasing_the_payer_deletes_the_print_and_keeps_the_preview(gallery: Gallery, drain: Drain) -> None:
    preview = gallery.preview()
    order = pay(gallery, preview["line_item_property"])
    final = the_final()
    assert (final.customer_id, final.preview_customer_id) == (gid(PAYER), gid(CUSTOMER))
    assert final.final_image_url in files()
    erase(f"customer:{gallery.shop}:{gid(PAYER)}", drain)
    assert_ended(gallery, final)
    assert list(traces(str(PAYER))) == []
    assert list(Order.scan()) == []
    kept = Generation.get(preview["id"])
    assert {kept.preview_image_url, kept.unmarked_image_url, kept.input_image_url} <= files().keys()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert [row.id for row in Generation.scan()] == [preview["id"]]


def test_erasing_the_shopper_deletes_the_print_of_another_customers_order(gallery: Gallery, drain: Drain) -> None:
    preview = gallery.preview()
    order = pay(gallery, preview["line_item_property"])
    final, made = the_final(), Generation.get(preview["id"])
    assert {made.unmarked_image_url, made.input_image_url} <= files().keys()
    erase(f"customer:{gallery.shop}:{gid(CUSTOMER)}", drain)
    assert_ended(gallery, final)
    assert [*Generation.scan(), *Upload.scan()] == []
    assert {made.unmarked_image_url, made.input_image_url} & files().keys() == set()
    assert Order.get(gallery.shop, order["admin_graphql_api_id"]).customer_id == gid(PAYER)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert list(Generation.scan()) == [], "told once more, it is not made again"


@pytest.mark.parametrize("erased", [CUSTOMER, PAYER, NEXT])
def test_an_order_that_went_to_another_customer_belongs_to_all_of_them(
    gallery: Gallery, drain: Drain, erased: int
) -> None:
    message = order_paid(gallery.shop, pay(gallery, gallery.preview()["line_item_property"]))
    later = {"customer_id": gid(NEXT), "is_paid": True, "triggered_at": message.triggered_at + timedelta(days=1)}
    orders.apply_edit(OrderEdited.model_validate(message.model_dump() | later))
    assert drain() == []
    final = the_final()
    erase(f"customer:{gallery.shop}:{gid(erased)}", drain)
    assert_ended(gallery, final)


def test_a_print_of_a_guests_order_is_deleted_with_the_shopper(gallery: Gallery, drain: Drain) -> None:
    pay(gallery, gallery.preview()["line_item_property"], customer=None)
    final = the_final()
    assert [final.customer_id, final.preview_customer_id] == [None, gid(CUSTOMER)]
    erase(f"customer:{gallery.shop}:{gid(CUSTOMER)}", drain)
    assert_ended(gallery, final)


def test_erasing_a_guest_by_order_deletes_the_print(gallery: Gallery, drain: Drain) -> None:
    preview = gallery.preview()
    order = pay(gallery, preview["line_item_property"], customer=None)
    final = the_final()
    payload = gallery.shopify.privacy("customers/redact", gallery.shop, customer_id=None, orders=[order["id"]])
    assert gallery.shopify.deliver("studio", gallery.shop, "customers/redact", payload).ok
    assert drain() == []
    assert_ended(gallery, final)
    assert {Generation.get(preview["id"]).preview_image_url} <= files().keys()


def test_a_guests_photo_is_kept_while_the_shopper_is_not_erased(gallery: Gallery, drain: Drain) -> None:
    """The upload names nobody: it must not go with the one who only paid."""
    preview = gallery.preview(uploader=None)
    assert [row.customer_id for row in Upload.scan()] == [None]
    pay(gallery, preview["line_item_property"])
    final = the_final()
    erase(f"customer:{gallery.shop}:{gid(PAYER)}", drain)
    assert_ended(gallery, final)
    assert final.input_image_url in files()
    erase(f"customer:{gallery.shop}:{gid(CUSTOMER)}", drain)
    assert (list(Upload.scan()), final.input_image_url in files()) == ([], False)


@pytest.mark.parametrize(("subject", "other", "has_order"), [(CUSTOMER, PAYER, False), (PAYER, CUSTOMER, True)])
def test_both_exports_contain_the_print_without_the_other_owners_id(
    gallery: Gallery, drain: Drain, subject: int, other: int, has_order: bool
) -> None:
    order = pay(gallery, gallery.preview()["line_item_property"])
    final = the_final()
    found = exported_zip(f"customer:{gallery.shop}:{gid(subject)}", drain)
    rows = json.loads(found.read("tables/studio/generations.json"))
    (row,) = [row for row in rows if row["id"] == final.id]
    assert ("order_id" in row, "customer_id" in row, "preview_customer_id" in row) == (
        has_order,
        has_order,
        not has_order,
    )
    assert f"files/{final.final_image_url.split('/', 3)[3]}" in found.namelist()
    tables = [found.read(name) for name in found.namelist() if name.startswith("tables/studio")]
    assert not any(gid(other).encode() in text for text in tables)
    assert any(order["admin_graphql_api_id"].encode() in text for text in tables) == has_order
