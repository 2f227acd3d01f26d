"""Reversals of a payment: refunds and lost disputes, each also reversed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from chalicelib.billing.domain.reversals import ReturnedMoney, merged_reversals, returned_money

AT = datetime(2027, 1, 1, tzinfo=UTC)
REFUND = ReturnedMoney("r1", Decimal("4.00"), AT)
DISPUTE = ReturnedMoney("dp_1", Decimal("10.00"), AT + timedelta(days=1))


def test_a_refund_that_fails_later_is_reversed_once() -> None:
    stored = merged_reversals(None, [REFUND], is_dispute=False, now=AT)
    failed = merged_reversals(stored, [], is_dispute=False, now=AT + timedelta(days=2))
    again = merged_reversals(failed, [], is_dispute=False, now=AT + timedelta(days=3))
    assert failed == again
    (money,) = returned_money(Decimal(10), again)
    assert (money.amount, money.reversed_at) == (Decimal("4.00"), AT + timedelta(days=2))
    restored = merged_reversals(again, [REFUND], is_dispute=False, now=AT + timedelta(days=4))
    assert returned_money(Decimal(10), restored) == [REFUND]


def test_refunds_and_disputes_leave_each_other() -> None:
    refunds = merged_reversals(None, [REFUND], is_dispute=False, now=AT)
    both = merged_reversals(refunds, [DISPUTE], is_dispute=True, now=AT)
    assert [money.id for money in returned_money(Decimal(100), both)] == ["r1", "dp_1"]
    won = merged_reversals(both, [], is_dispute=True, now=AT)
    assert [money.reversed_at for money in returned_money(Decimal(100), won)] == [None, AT]


def test_reversals_add_up_to_at_most_the_payment() -> None:
    both = merged_reversals(
        merged_reversals(None, [REFUND], is_dispute=False, now=AT), [DISPUTE], is_dispute=True, now=AT
    )
    assert [money.amount for money in returned_money(Decimal(10), both)] == [Decimal("4.00"), Decimal("6.00")]
    failed = merged_reversals(both, [], is_dispute=False, now=AT)
    assert [money.amount for money in returned_money(Decimal(10), failed)] == [Decimal("4.00"), Decimal("10.00")]
