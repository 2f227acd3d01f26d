"""The status of an order: allowed changes and their effects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.store_orders import TRANSITIONS, StockEffect, Transition, transition
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.errors import OrderTransitionRefused

PENDING, PAID, FULFILLED = OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.FULFILLED
CANCELLED, REFUNDED = OrderStatus.CANCELLED, OrderStatus.REFUNDED
statuses = st.sampled_from(OrderStatus)


@pytest.mark.parametrize(
    ("current", "requested", "effects"),
    [
        (PENDING, PAID, Transition(StockEffect.NONE, frees_code=False, customer=1)),
        (PENDING, CANCELLED, Transition(StockEffect.FREE, frees_code=True, customer=0)),
        (PAID, FULFILLED, Transition(StockEffect.TAKE, frees_code=False, customer=0)),
        (PAID, CANCELLED, Transition(StockEffect.FREE, frees_code=False, customer=-1)),
        (PAID, REFUNDED, Transition(StockEffect.FREE, frees_code=False, customer=-1)),
        (FULFILLED, REFUNDED, Transition(StockEffect.NONE, frees_code=False, customer=-1)),
    ],
)
def test_a_change_has_its_effects(current, requested, effects):
    assert transition(current, requested) == effects


@pytest.mark.parametrize("current", OrderStatus)
@pytest.mark.parametrize("requested", OrderStatus)
def test_every_other_change_is_refused(current, requested):
    if (current, requested) not in TRANSITIONS:
        with pytest.raises(OrderTransitionRefused, match=f"The order is {current}; it cannot become {requested}"):
            transition(current, requested)


def test_an_order_of_an_unknown_status_cannot_change():
    with pytest.raises(OrderTransitionRefused):
        transition("shipped", REFUNDED)


@given(st.lists(statuses, max_size=8))
def test_the_effects_of_a_whole_life_balance(requests):
    status, reserved, customer, uses, was_paid = PENDING, 1, 0, 1, False
    for requested in requests:
        try:
            effects = transition(status, requested)
        except OrderTransitionRefused:
            continue
        status = requested
        was_paid |= status is PAID
        reserved -= effects.stock is not StockEffect.NONE
        customer += effects.customer
        uses -= effects.frees_code
    assert reserved == (status in (PENDING, PAID))
    assert customer == (status in (PAID, FULFILLED))
    assert uses == (was_paid or status is PENDING)
