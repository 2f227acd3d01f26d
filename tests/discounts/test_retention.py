"""Erasure of customers in discounts' tables: their figures leave, the counts of their orders stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.discounts.models import CustomerInsight, OrderUsage
from chalicelib.kit import clock
from chalicelib.retention.service import privacy_requests
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic
from tests.retention.conftest import nothing_in_progress
from tests.retention.factories import items, row

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]

SHOP = "shop0.myshopify.com"
CUSTOMER, GUEST, OTHER = "gid://shopify/Customer/1", "guest:3f", "guest:9c"


def seed(order: str, customer: str) -> None:
    usage = row(OrderUsage, "usage", shop=SHOP, order_id=order, customer_id=customer)
    usage.shop_customer, usage.ab_variant, usage.ab_visitor = f"{SHOP}#{customer}", "t1.b", f"visitor of {customer}"
    usage.save()
    row(CustomerInsight, "insight", shop=SHOP, customer_id=customer, uses={}, types={}, days={}).save()


@pytest.fixture
def orders(engine: object) -> dict[str, str]:
    """The order of each customer, by customer."""
    found = {CUSTOMER: "gid://shopify/Order/1", GUEST: "gid://shopify/Order/2", OTHER: "gid://shopify/Order/3"}
    for customer, order in found.items():
        seed(order, customer)
    return found


def erase(drain: Drain, **asked: Any) -> None:
    topic = PrivacyTopic.CUSTOMER_REDACT
    request = PrivacyRequested(shop=SHOP, app="discounts", request=topic, triggered_at=clock.now(), **asked)
    privacy_requests.accept_request(request)
    assert drain() == []


@pytest.mark.parametrize(
    ("erased", "asked"),
    [
        pytest.param(CUSTOMER, {"customer_id": CUSTOMER}, id="customer"),
        pytest.param(GUEST, {"order_ids": ["gid://shopify/Order/2"]}, id="guest"),
    ],
)
def test_an_erased_customer_leaves_an_order_without_a_customer(
    orders: dict[str, str], drain: Drain, erased: str, asked: dict[str, Any]
) -> None:
    erase(drain, **asked)
    usage = OrderUsage.get(SHOP, orders[erased])
    assert [usage.customer_id, usage.shop_customer, usage.ab_visitor] == [None, None, None]
    assert usage.ab_variant == "t1.b"
    assert {each.customer_id for each in CustomerInsight.query(SHOP)} == set(orders) - {erased}
    assert all(OrderUsage.get(SHOP, orders[each]).customer_id == each for each in set(orders) - {erased})
    assert not [
        place
        for place, item in items().items()
        if place[0].startswith("backroom-test-discounts") and erased in str(item)
    ]
