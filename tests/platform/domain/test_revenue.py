"""Revenue: entries of payments and subscriptions, and months that are sums of them in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.revenue import (
    FINAL_AFTER,
    Entry,
    PaymentState,
    RefundState,
    RevenueSums,
    entries_of_payment,
    entries_of_subscription,
    is_final,
    open_periods,
    period_of,
    periods_between,
)

NOV = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
DEC = datetime(2026, 12, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
CENTS = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)


@dataclass(frozen=True)
class Row:
    """A stored entry."""

    entry_id: str
    amount: Decimal
    currency: str
    plan: str | None


ROWS = st.builds(
    Row,
    st.sampled_from(["payment:1", "refund:1", "reversal:1", "store:1", "churn:1"]),
    CENTS,
    st.sampled_from(["USD", "EUR", "JPY"]),
    st.sampled_from([None, "starter", "professional"]),
)


def payment(**fields: object) -> PaymentState:
    values = {
        "id": "p1",
        "amount": Decimal("23.80"),
        "tax": Decimal("3.80"),
        "currency": "USD",
        "plan": "starter",
        "paid_at": NOV,
        "refunds": [],
    }
    return PaymentState(**values | fields)  # type: ignore[arg-type]


def summed(entries: list[Entry]) -> RevenueSums:
    sums = RevenueSums()
    sums.add([Row(each.id, each.amount, each.currency, each.plan) for each in entries])
    return sums


def test_a_payment_counts_without_tax_and_its_refund_is_negative_in_its_own_month() -> None:
    refund = RefundState("r1", Decimal("11.90"), DEC, DEC + timedelta(days=40))
    entries = list(entries_of_payment(payment(refunds=[refund])))
    assert [(each.id, each.period, each.amount, each.plan) for each in entries] == [
        ("payment:p1", "2026-11", Decimal("20.00"), "starter"),
        ("refund:r1", "2026-12", Decimal("-10.00"), "starter"),
        ("reversal:r1", "2027-01", Decimal("10.00"), "starter"),
    ]


def test_a_payment_that_is_not_paid_has_no_entry() -> None:
    assert list(entries_of_payment(payment(paid_at=None))) == []


@given(CENTS, CENTS, st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_refunds_of_the_whole_payment_take_back_what_it_brought(net: Decimal, tax: Decimal, parts: list[int]) -> None:
    amount = net + tax
    shares = [(amount * part / sum(parts)).quantize(Decimal("0.01")) for part in parts[:-1]]
    shares.append(amount - sum(shares, Decimal(0)))
    refunds = [RefundState(f"r{number}", share, DEC, None) for number, share in enumerate(shares)]
    total = summed(list(entries_of_payment(payment(amount=amount, tax=tax, refunds=refunds)))).total
    assert abs(total) <= Decimal("0.000001") * len(parts)


def test_a_subscription_wins_a_store_when_it_begins_and_loses_it_when_it_ends() -> None:
    assert list(entries_of_subscription("s1", "starter", None, None)) == []
    entries = list(entries_of_subscription("s1", "starter", NOV, DEC))
    assert [(each.id, each.period, each.amount) for each in entries] == [
        ("store:s1", "2026-11", Decimal(0)),
        ("churn:s1", "2026-12", Decimal(0)),
    ]


def test_other_currencies_are_not_added_and_payments_for_no_plan_are_other() -> None:
    sums = summed(
        [
            Entry("payment:1", NOV, Decimal(10), "USD", "starter"),
            Entry("payment:2", NOV, Decimal(7), "EUR", "starter"),
            Entry("payment:3", NOV, Decimal(5), "USD", None),
            Entry("store:s1", NOV, plan="starter"),
            Entry("churn:s2", NOV, plan="starter"),
        ]
    )
    assert sums.total == 15
    assert sums.by_currency == {"USD": 15, "EUR": 7}
    assert sums.by_plan == {"starter": 10, "other": 5}
    assert (sums.new_stores, sums.churned_stores, sums.entries) == (1, 1, 5)


@given(st.lists(ROWS, max_size=30), st.integers(0, 30))
def test_sums_are_the_same_in_one_step_and_in_two(rows: list[Row], cut: int) -> None:
    whole, first = RevenueSums(), RevenueSums()
    whole.add(rows)
    first.add(rows[:cut])
    second = RevenueSums.of_text(first.to_text())
    second.add(rows[cut:])
    assert second.to_text() == whole.to_text()


@given(MOMENTS, MOMENTS)
def test_months_follow_each_other(one: datetime, other: datetime) -> None:
    first, last = sorted([one, other])
    periods = periods_between(period_of(first), period_of(last))
    assert periods[0] == period_of(first)
    assert periods[-1] == period_of(last)
    assert len(periods) == (last.year - first.year) * 12 + last.month - first.month + 1


@given(MOMENTS, st.lists(st.integers(1, 2_000), min_size=1, max_size=30))
def test_each_month_is_computed_once_when_it_is_final_whenever_the_schedule_runs(
    start: datetime, pauses: list[int]
) -> None:
    finals: list[str] = []
    run = start
    for pause in pauses:
        following = run + timedelta(hours=pause)
        periods = open_periods(following, run)
        assert period_of(following) in periods
        finals += [each for each in periods if is_final(each, following)]
        run = following
    assert finals == sorted(set(finals))
    expected = periods_between(period_of(start - FINAL_AFTER), period_of(run - FINAL_AFTER))
    assert finals == expected[:-1]


@pytest.mark.parametrize(("hours", "expected"), [(71, False), (72, True)])
def test_a_month_is_final_three_days_after_its_end(hours: int, expected: bool) -> None:
    assert is_final("2026-11", DEC + timedelta(hours=hours)) is expected
