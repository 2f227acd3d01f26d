"""Discounts of both API shapes, and unreadable parts of subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing.stripe_objects.discounts import DiscountReference, StripeDiscount, discount_of, terms_of
from chalicelib.billing.stripe_objects.subscriptions import parse_subscription
from tests.billing.stripe_objects.factories import END, subscription

COUPON = {"id": "ten", "duration": "repeating", "duration_in_months": 3, "percent_off": 12.5, "currency": None}
BEFORE = {"id": "di_1", "object": "discount", "coupon": COUPON, "start": END - 100, "end": END}
NOW = {key: value for key, value in BEFORE.items() if key != "coupon"} | {
    "source": {"type": "coupon", "coupon": COUPON}
}
PARSED = StripeDiscount("di_1", None, Decimal("12.5"), None, None, False, datetime.fromtimestamp(END, UTC))


@pytest.mark.parametrize(
    "row",
    [
        subscription(new=False, discount=BEFORE),
        subscription(new=False, discount=BEFORE, discounts=[BEFORE]),
        subscription(discounts=[BEFORE]),
        subscription(discounts=[NOW]),
    ],
)
def test_every_api_version_gives_the_same_discount(row: Any) -> None:
    view = parse_subscription(row)
    assert (view.discounts, view.discount_references, view.dropped) == ((PARSED,), (), ())
    assert discount_of(terms_of(PARSED)) == PARSED


def test_discounts_that_are_not_expanded_are_references() -> None:
    row = subscription(discounts=["di_1", NOW | {"id": "di_2", "source": {"type": "coupon", "coupon": "ten"}}])
    row["items"]["data"][0]["discounts"] = ["di_3"]
    view = parse_subscription(row)
    assert view.discount_ids == ("di_3", "di_1", "di_2")
    assert set(view.discount_references) == {
        DiscountReference("di_3", "si_1"),
        DiscountReference("di_1", None),
        DiscountReference("di_2", None),
    }


def test_unreadable_parts_are_dropped_and_the_rest_is_read() -> None:
    broken = [None, 7, {"id": "di_1"}, NOW | {"end": None}, NOW | {"source": {"coupon": {"duration": "forever"}}}]
    row = subscription(discounts=[*broken, NOW], cancel_at="soon", pause_collection={"resumes_at": 1})
    row["items"]["data"][0] |= {"quantity": "many", "price": row["items"]["data"][0]["price"] | {"recurring": {}}}
    view = parse_subscription(row)
    assert (view.discounts, view.cancel_at, view.pause_collection) == ((PARSED,), None, None)
    assert (view.items[0].quantity, view.items[0].interval) == (1, None)
    parts = ["items.quantity", "items.interval", "items.interval_count", "cancel_at", *["discounts"] * 5]
    assert sorted(view.dropped) == sorted([*parts, "pause_collection"])


def test_a_quantity_of_zero_is_not_one() -> None:
    row = subscription(pause_collection={"behavior": "void", "resumes_at": None}, cancel_at=END)
    row["items"]["data"][0]["quantity"] = 0
    view = parse_subscription(row)
    assert (view.items[0].quantity, view.items[0].interval, view.items[0].interval_count) == (0, "month", 1)
    assert (view.pause_collection, view.planned_end) == ("void", datetime.fromtimestamp(END, UTC))
