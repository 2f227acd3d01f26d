"""Payments as events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain.payment_events import Payment, Refund, payment_events
from tests.analytics.revenue_factories import at, values

PAID = Payment(
    "p1", 1, "ann", "subscription", Decimal(119), Decimal(19), Decimal("11.9"), "EUR", at(1), None, (), {"item": "plus"}
)


def test_a_paid_payment_is_an_event_without_tax() -> None:
    [event] = payment_events(PAID)
    assert values(event.name, event.at, event.value) == ("payment_succeeded", at(1), 100)
    assert event.data == {
        "item": "plus",
        "payment": "p1",
        "kind": "subscription",
        "tax": "19.000000",
        "addons": "10.000000",
    }


def test_a_pending_payment_is_no_event() -> None:
    assert list(payment_events(replace(PAID, paid_at=None))) == []


def test_a_payment_that_failed_and_was_paid_is_two_events() -> None:
    events = list(payment_events(replace(PAID, failed_at=at(0))))
    assert [(event.name, event.at) for event in events] == [("payment_succeeded", at(1)), ("payment_failed", at(0))]
    assert len({event.id for event in events}) == 2


def test_refunds_and_their_reversals_are_events_of_their_own_days() -> None:
    refunds = Refund("r1", Decimal("11.9"), at(3), None), Refund("d1", Decimal("59.5"), at(4), at(9))
    events = list(payment_events(replace(PAID, refunds=refunds)))
    assert [values(event.name, event.at, event.value) for event in events[1:]] == [
        ("payment_refunded", at(3), 10),
        ("payment_refunded", at(4), 50),
        ("payment_refund_reversed", at(9), 50),
    ]
    assert [event.data["tax"] for event in events[1:]] == ["1.900000", "9.500000", "9.500000"]
    assert len({event.id for event in events}) == 4


def test_a_repeated_payment_is_the_same_events() -> None:
    later = replace(PAID, version=2, paid_at=PAID.paid_at and PAID.paid_at + timedelta(days=1))
    assert [event.id for event in payment_events(PAID)] == [event.id for event in payment_events(later)]


def test_a_free_payment_has_no_shares() -> None:
    free = replace(PAID, amount=Decimal(0), tax=Decimal(0), addons=Decimal(0))
    assert [event.value for event in payment_events(free)] == [0]


@given(st.decimals(1, 10_000, places=2), st.decimals(0, 1, places=4), st.decimals(0, 1, places=4))
def test_the_parts_of_a_payment_never_exceed_it(amount: Decimal, tax_share: Decimal, addons_share: Decimal) -> None:
    payment = replace(PAID, amount=amount, tax=amount * tax_share, addons=amount * addons_share)
    refund = Refund("r1", amount, at(2), None)
    paid, refunded = payment_events(replace(payment, refunds=(refund,)))
    assert Decimal(paid.data["addons"]) <= paid.value + Decimal("0.000001")
    assert abs(paid.value - refunded.value) <= Decimal("0.000001")
