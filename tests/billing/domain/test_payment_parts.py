"""Refunds over the parts of a payment: money is conserved, and no part is refunded above what it paid."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.payment_parts import (
    PaymentPart,
    parse_parts,
    parts_with,
    refundable_at_stripe,
    split_refund,
    stored_parts,
)

cents = st.integers(0, 50_000).map(lambda amount: Decimal(amount) / 100)
paid_parts = st.dictionaries(st.sampled_from([f"pi_{number}" for number in range(6)]), cents, min_size=1)


@given(paid_parts, cents)
def test_a_split_adds_up_and_takes_no_more_than_is_left(left: dict[str, Decimal], amount: Decimal) -> None:
    if amount > sum(left.values()):
        with pytest.raises(ValueError, match="left"):
            split_refund(amount, left)
        return
    split = split_refund(amount, left)
    assert sum(split.values()) == amount
    assert all(0 < share <= left[name] for name, share in split.items())
    if any(available >= amount for available in left.values()):
        assert len(split) <= 1


@given(paid_parts, st.lists(cents, max_size=12))
def test_any_refunds_in_a_row_never_exceed_what_was_paid(paid: dict[str, Decimal], requests: list[Decimal]) -> None:
    returned, total = dict.fromkeys(paid, Decimal(0)), Decimal(0)
    for amount in requests:
        left = {name: paid[name] - returned[name] for name in paid}
        if amount > sum(left.values()):
            continue
        for name, share in split_refund(amount, left).items():
            returned[name] += share
        total += amount
    assert sum(returned.values()) == total <= sum(paid.values())
    assert all(returned[name] <= paid[name] for name in paid)
    rest = {name: paid[name] - returned[name] for name in paid}
    assert sum(split_refund(sum(rest.values(), Decimal(0)), rest).values()) + total == sum(paid.values())


@given(st.lists(cents, max_size=5), cents)
def test_only_money_received_by_stripe_is_refundable(amounts: list[Decimal], outside: Decimal) -> None:
    parts = [PaymentPart(f"pi_{number}", None, amount) for number, amount in enumerate(amounts)]
    paid = sum(amounts, outside)
    assert refundable_at_stripe(paid, stored_parts(parts)) == sum(amounts)
    assert refundable_at_stripe(paid, None) == paid
    assert list(parse_parts(stored_parts(parts))) == parts


def test_a_payment_of_an_event_is_added_once() -> None:
    parts = (PaymentPart("pi_1", None, Decimal(1)), PaymentPart("pi_2", None, Decimal(2)))
    assert parts_with(parts, PaymentPart("pi_2", "ch_2")) == parts
    assert parts_with(parts, PaymentPart(None, "ch_2")) == parts
    assert parts_with(parts, PaymentPart(None, None)) == parts
    assert [each.id for each in parts_with(parts, PaymentPart("pi_3", "ch_3"))] == ["pi_1", "pi_2", "pi_3"]
    assert [each.id for each in parts_with((), PaymentPart(None, "ch_1"))] == ["ch_1"]
