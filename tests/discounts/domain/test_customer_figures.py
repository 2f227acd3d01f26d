"""A customer's figures: segment, favorite type, capped keys, closed days."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from chalicelib.discounts.domain.customer_figures import (
    MAX_KEYS,
    CustomerChange,
    CustomerFigures,
    apply_change,
    short_key,
)

DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("orders", "segment"), [(-1, None), (0, None), (1, "new"), (2, "regular"), (4, "regular"), (5, "vip"), (9, "vip")]
)
def test_the_segment_follows_the_orders(orders: int, segment: str | None) -> None:
    assert CustomerFigures(orders=orders).segment == segment


def test_the_favorite_type_has_most_uses_then_savings_then_the_first_name() -> None:
    one = Decimal(1)
    assert CustomerFigures(types={"percentage": (2, one), "fixed_price": (1, one * 9)}).favorite_type == "percentage"
    assert CustomerFigures(types={"percentage": (2, one), "fixed_price": (2, one * 9)}).favorite_type == "fixed_price"
    assert CustomerFigures(types={"percentage": (2, one), "fixed_price": (2, one)}).favorite_type == "fixed_price"
    assert CustomerFigures().favorite_type is None


def test_the_mean_order_is_rounded_half_up() -> None:
    assert CustomerFigures(orders=2, lifetime_value=Decimal("0.01")).average_order("USD") == Decimal("0.01")
    assert CustomerFigures().average_order("USD") is None


def test_beyond_the_cap_the_oldest_key_leaves_and_its_return_does_not_count_down() -> None:
    figures = CustomerFigures()
    for number in range(MAX_KEYS + 1):
        change = CustomerChange(uses=Counter({("d1", f"S{number}"): 1}))
        figures, unique = apply_change(figures, change, DAY)
        assert unique.uses == {("d1", f"S{number}"): (1, 0)}
    assert len(figures.uses) == MAX_KEYS
    assert short_key(("d1", "S0")) not in figures.uses
    assert short_key(("d1", "S1")) in figures.uses
    assert figures.used == MAX_KEYS + 1
    figures, unique = apply_change(figures, CustomerChange(uses=Counter({("d1", "S0"): -1})), DAY)
    assert unique.uses == {}
    assert figures.used == MAX_KEYS


def test_a_second_use_is_a_repeat_and_goes_before_the_first() -> None:
    use = ("d1", "RED")
    figures, unique = apply_change(CustomerFigures(), CustomerChange(uses=Counter({use: 2})), DAY)
    assert unique.uses == {use: (1, 1)}
    figures, unique = apply_change(figures, CustomerChange(uses=Counter({use: -1})), DAY)
    assert unique.uses == {use: (0, -1)}
    figures, unique = apply_change(figures, CustomerChange(uses=Counter({use: -1})), DAY)
    assert unique.uses == {use: (-1, 0)}
    assert figures.uses == {}


def test_a_closed_day_leaves_the_row_without_a_change_of_its_count() -> None:
    figures = CustomerFigures(days={DAY - timedelta(days=1): 1, DAY: 1})
    after, unique = apply_change(figures, CustomerChange(days=Counter({DAY - timedelta(days=1): -1, DAY: -1})), DAY)
    assert (after.days, unique.days) == ({}, {DAY: -1})


def test_the_last_purchase_stays_when_its_order_is_cancelled() -> None:
    figures = CustomerFigures(last_purchase=DAY)
    assert apply_change(figures, CustomerChange(orders=-1), DAY)[0] == replace(figures, orders=-1)
    later = CustomerChange()
    later.note_order(DAY - timedelta(days=1))
    later.note_order(DAY - timedelta(days=2))
    assert apply_change(figures, later, DAY)[0].last_purchase == DAY
