"""The price of a product: window, quantity, group and the order among several."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.store_prices import Price, Purchase, choose_price

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=1)
EARLIER = NOON - timedelta(microseconds=1)
PURCHASE = Purchase("USD", 10, NOON, "trade")


def price(amount: str = "5", **columns: Any) -> Price:
    return replace(Price("USD", Decimal(amount)), **columns)


times = st.sampled_from([None, NOON - timedelta(days=1), EARLIER, NOON, LATER])
prices = st.builds(
    Price,
    currency=st.sampled_from(["USD", "EUR"]),
    amount=st.sampled_from([Decimal("4.99"), Decimal(5), Decimal("5.01")]),
    customer_group=st.sampled_from([None, "trade", "staff"]),
    minimum_quantity=st.sampled_from([1, 9, 10, 11]),
    valid_from=times,
    valid_to=times,
)
purchases = st.builds(
    Purchase,
    currency=st.sampled_from(["USD", "EUR"]),
    quantity=st.sampled_from([1, 9, 10, 100]),
    moment=st.just(NOON),
    customer_group=st.sampled_from([None, "trade"]),
)


@pytest.mark.parametrize(
    "columns",
    [
        {"currency": "EUR"},
        {"customer_group": "staff"},
        {"minimum_quantity": 11},
        {"valid_from": LATER},
        {"valid_to": NOON},
        {"valid_to": EARLIER},
    ],
)
def test_a_price_that_does_not_hold_is_not_chosen(columns):
    assert choose_price([price(**columns)], PURCHASE) is None


@pytest.mark.parametrize(
    "columns",
    [{}, {"customer_group": "trade"}, {"minimum_quantity": 10}, {"valid_from": NOON}, {"valid_to": LATER}],
)
def test_a_price_that_holds_is_chosen(columns):
    assert choose_price([price(**columns)], PURCHASE) == price(**columns)


def test_a_customer_without_a_group_gets_no_price_of_a_group():
    assert choose_price([price(customer_group="trade")], replace(PURCHASE, customer_group=None)) is None


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (price("9", customer_group="trade"), price("1", minimum_quantity=10, valid_from=NOON)),
        (price("9", minimum_quantity=10), price("1", minimum_quantity=9, valid_from=NOON)),
        (price("9", valid_from=NOON), price("1", valid_from=EARLIER)),
        (price("9", valid_from=EARLIER), price("1")),
        (price("1"), price("9")),
    ],
)
def test_group_comes_before_quantity_then_start_then_amount(better, worse):
    assert choose_price([worse, better], PURCHASE) == choose_price([better, worse], PURCHASE) == better


@given(st.lists(prices, max_size=4), purchases)
def test_the_choice_does_not_depend_on_the_order_of_rows(rows, purchase):
    assert len({choose_price(each, purchase) for each in permutations(rows)}) == 1


@given(st.lists(prices, min_size=1, max_size=8), purchases)
def test_a_price_is_chosen_exactly_if_one_holds_alone(rows, purchase):
    alone = [row for row in rows if choose_price([row], purchase) is not None]
    chosen = choose_price(rows, purchase)
    assert (chosen in alone) if alone else (chosen is None)
