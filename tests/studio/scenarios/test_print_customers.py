"""The signed property permits the print for any paying customer; both customers are stored and returned."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.shops.schemas.orders import OrderEdited
from chalicelib.studio.models import Generation, Order
from chalicelib.studio.service import orders
from tests.studio.conftest import CUSTOMER, Gallery
from tests.studio.order_factories import order_paid


def gid(customer: int | None) -> str | None:
    return None if customer is None else f"gid://shopify/Customer/{customer}"


def deliver_paid_order(
    gallery: Gallery, *properties: dict[str, str], customer: int | None = CUSTOMER
) -> dict[str, Any]:
    order = gallery.order(*properties, customer=customer)
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    assert gallery.drain() == []
    return order


@pytest.mark.parametrize(
    ("shopper", "payer"),
    [(CUSTOMER, CUSTOMER), (CUSTOMER, CUSTOMER + 1), (CUSTOMER, None), (None, CUSTOMER), (None, None)],
)
def test_a_final_is_made_for_any_paying_customer_and_both_customers_are_returned(
    gallery: Gallery, shopper: int | None, payer: int | None
) -> None:
    preview = gallery.preview(shopper)
    order = deliver_paid_order(gallery, preview["line_item_property"], customer=payer)
    (final,) = gallery.finals()
    assert (final["status"], final["source_generation_id"]) == ("completed", preview["id"])
    assert (final["customer_id"], final["preview_customer_id"]) == (gid(payer), gid(shopper))
    assert gallery.merchant("GET", f"generations/{final['id']}").json()["preview_customer_id"] == gid(shopper)
    row = Order.get(gallery.shop, order["admin_graphql_api_id"])
    assert (row.customer_id, row.status) == (gid(payer), "paid")
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    assert len(gallery.finals()) == 1


def test_an_order_with_a_changed_customer_keeps_its_final(gallery: Gallery) -> None:
    order = deliver_paid_order(gallery, gallery.preview()["line_item_property"], customer=CUSTOMER + 1)
    (final,) = gallery.finals()
    message = order_paid(gallery.shop, order)
    later = {"customer_id": gid(CUSTOMER + 2), "is_paid": True, "triggered_at": message.triggered_at + timedelta(1)}
    orders.apply_edit(OrderEdited.model_validate(message.model_dump() | later))
    assert gallery.drain() == []
    (same,) = gallery.finals()
    assert (same["id"], same["status"], same["preview_customer_id"]) == (final["id"], "completed", gid(CUSTOMER))
    assert Generation.get(final["id"]).attempts == 1
    assert Order.get(gallery.shop, order["admin_graphql_api_id"]).customer_id == gid(CUSTOMER + 2)


def test_forged_and_foreign_ids_are_ignored_and_logged_without_personal_data(
    gallery: Gallery, other_gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    genuine, foreign = gallery.preview()["line_item_property"], other_gallery.preview()["line_item_property"]
    forged_property = {"name": "_generation", "value": genuine["value"][:-4] + "AAAA"}
    with caplog.at_level(logging.WARNING):
        deliver_paid_order(gallery, forged_property, foreign, customer=CUSTOMER + 1)
    assert (gallery.finals(), other_gallery.finals()) == ([], [])
    refusals = [
        record for record in caplog.records if record.getMessage() == "order line ignored: not a preview of this shop"
    ]
    assert len(refusals) == 2
    assert not any(str(CUSTOMER) in str(record.__dict__) for record in refusals)
