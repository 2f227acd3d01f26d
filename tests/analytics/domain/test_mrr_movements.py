"""Movements of a customer, and their sums by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.exchange_rates import with_rates
from chalicelib.analytics.domain.mrr_movements import (
    Movement,
    SubscriptionSteps,
    committed_mrr,
    customer_movements,
    state_at_end,
)
from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep
from chalicelib.analytics.domain.revenue_days import (
    PaymentFigures,
    RevenueFigures,
    add_days,
    add_sums,
    failing_payments,
    movement_sums,
    next_day,
    revenue_rates,
)
from chalicelib.analytics.enums import MovementKind
from tests.analytics.revenue_factories import DAYS, day_of, present_steps, reports, step, values
from tests.examples import examples

TODAY = day_of(DAYS)


def usd(name: str, *steps: RevenueStep) -> SubscriptionSteps:
    rated = with_rates(steps, {each.day: Decimal(1) for each in steps}, TODAY)
    return SubscriptionSteps(name, "USD", rated)


def movements(*subscriptions: SubscriptionSteps, today: date = TODAY) -> list[tuple[Any, ...]]:
    rows = customer_movements(subscriptions, day_of(0), today, {})
    return [(each.day, each.kind, each.amount) for each in rows if each.amount]


def test_a_customer_is_new_expands_contracts_churns_and_is_reactivated() -> None:
    subscription = usd("a", step(0, 10), step(2, 25), step(4, 20), step(6, 0), step(8, 5))
    assert movements(subscription) == [
        (day_of(0), MovementKind.NEW, 10),
        (day_of(2), MovementKind.EXPANSION, 15),
        (day_of(4), MovementKind.CONTRACTION, -5),
        (day_of(6), MovementKind.CHURN, -20),
        (day_of(8), MovementKind.REACTIVATION, 5),
    ]


def test_a_trial_counts_when_it_ends() -> None:
    trial = usd("a", step(0, 0), step(14, 30))
    assert movements(trial) == [(day_of(14), MovementKind.NEW, 30)]
    assert movements(trial, today=day_of(13)) == []


def test_a_second_subscription_expands_and_its_end_contracts() -> None:
    first, second = usd("a", step(0, 10)), usd("b", step(3, 5), step(5, 0))
    assert [kind for _, kind, _ in movements(first, second)] == ["new", "expansion", "contraction"]
    switched = usd("a", step(0, 10), step(3, 0)), usd("b", step(3, 10))
    assert movements(*switched) == [(day_of(0), MovementKind.NEW, 10)]


def test_changes_within_a_day_are_one_movement() -> None:
    assert movements(usd("a", step(1, 10), step(1.5, 90), step(1.9, 20))) == [(day_of(1), MovementKind.NEW, 20)]
    assert movements(usd("a", step(1, 10), step(1.5, 0))) == []
    brief = usd("a", step(1, 10), step(1.5, 0), step(3, 8))
    assert movements(brief) == [(day_of(3), MovementKind.NEW, 8)]


def test_mrr_without_a_rate_is_apart() -> None:
    euros = SubscriptionSteps("a", "EUR", (step(1, 10),))
    [movement] = customer_movements([euros], day_of(0), TODAY, {day_of(1): Decimal(0)})
    assert movement.amount == 0
    assert movement.after.unconverted == {"EUR": 10}
    assert movement_sums(movement).unconverted == {"EUR": 10}
    assert movement_sums(movement).customers == movement_sums(movement).new_subscriptions == 0


def test_rates_move_nothing() -> None:
    rates = {day_of(day): Decimal(1) + day for day in range(DAYS)}
    euros = SubscriptionSteps("a", "EUR", with_rates((step(1, 10),), rates, TODAY))
    assert movements(euros) == [(day_of(1), MovementKind.NEW, 20)]


def test_a_planned_end_lowers_the_committed_mrr_on_the_day_it_becomes_known() -> None:
    ending = usd("a", step(0, 30), RevenueStep(step(0, 0).begins_at + timedelta(days=DAYS + 9), Decimal(0), Decimal(0)))
    rows = customer_movements([ending], day_of(0), TODAY, {day_of(0): Decimal(30)})
    assert [values(row.day, row.committed_before, row.committed_after) for row in rows] == [
        (day_of(0), 0, 30),
        (TODAY, 30, 0),
    ]
    assert rows[-1].amount == 0


def test_a_change_from_a_later_day_on_leaves_earlier_movements_alone() -> None:
    subscription = usd("a", step(0, 10), step(5, 20), step(9, 30))
    rows = customer_movements([subscription], day_of(6), TODAY, {day_of(0): Decimal(10), day_of(5): Decimal(20)})
    assert [values(row.day, row.before.mrr, row.after.mrr) for row in rows] == [(day_of(9), 20, 30)]


_RATES = {"EUR": {day_of(day): Decimal(f"1.{day}1") for day in range(0, DAYS, 9)}, "JPY": {}}


@st.composite
def customers(draw: st.DrawFn) -> list[SubscriptionSteps]:
    subscriptions = []
    for number in range(draw(st.integers(1, 3))):
        states: list[RevenueHistory] = draw(st.lists(reports(), min_size=1, max_size=4))
        currency, steps = draw(st.sampled_from(["USD", "EUR", "JPY"])), present_steps(draw(st.permutations(states)))
        rates = _RATES.get(currency, {each.day: Decimal(1) for each in steps})
        subscriptions.append(SubscriptionSteps(str(number), currency, with_rates(steps, rates, TODAY)))
    return subscriptions


@settings(max_examples=examples(60))
@given(st.lists(customers(), min_size=1, max_size=3), st.integers(0, DAYS))
def test_movements_add_up_to_the_recount_of_every_day(population: list[list[SubscriptionSteps]], split: int) -> None:
    """Also if the days are computed in two runs, the second one from a later day on."""
    rows = [row for customer in population for row in _in_two_runs(customer, day_of(split))]
    figures, before = [], RevenueFigures()
    for number in range(-1, DAYS + 1):
        day = day_of(number)
        before = next_day(before, add_sums(movement_sums(row) for row in rows if row.day == day))
        figures.append(before)
        states = [state_at_end(customer, day) for customer in population]
        assert before.mrr == sum(state.mrr for state in states)
        assert before.customers == sum(state.mrr > 0 for state in states)
        assert before.active_subscriptions == sum(len(state.subscriptions) for state in states)
        for currency in ("EUR", "JPY"):
            expected = sum(state.unconverted.get(currency, 0) for state in states)
            assert before.unconverted.get(currency, 0) == expected
    assert before.committed_mrr == sum(committed_mrr(customer) for customer in population)
    period = add_days(figures)
    sums = period.sums
    gains = sums.new_mrr + sums.expansion_mrr + sums.reactivation_mrr
    assert period.start_mrr + gains - sums.contraction_mrr - sums.churned_mrr == period.mrr
    counted = period.start_customers + sums.new_customers + sums.reactivated_customers - sums.churned_customers
    assert counted == period.customers
    assert all(amount >= 0 for amount in (gains, sums.contraction_mrr, sums.churned_mrr))
    assert sums.new_customers == sum(any(state_at_end(c, day_of(d)).mrr for d in range(DAYS + 1)) for c in population)


def _in_two_runs(customer: list[SubscriptionSteps], split: date) -> list[Movement]:
    first = customer_movements(customer, day_of(-1), split, {})
    committed = {row.day: row.committed_after for row in first}
    second = customer_movements(customer, split, TODAY, committed)
    return [*(row for row in first if row.day < split), *second]


@pytest.mark.parametrize(
    ("failed", "succeeded", "expected"), [(1, 18, 0), (2, 18, 2), (5, 95, 0), (6, 94, 6), (0, 100, 0), (20, 0, 20)]
)
def test_many_failed_payments_are_over_five_percent_of_twenty(failed: int, succeeded: int, expected: int) -> None:
    assert failing_payments(PaymentFigures(payments_failed=failed, payments_succeeded=succeeded)) == expected


@pytest.mark.parametrize(
    ("figures", "name", "expected"),
    [
        (RevenueFigures(), "churn_rate", None),
        (RevenueFigures(), "lifetime_value", None),
        (RevenueFigures(mrr=Decimal(90), customers=3), "average_revenue_per_customer", Decimal("30.000000")),
    ],
)
def test_rates_are_none_where_their_base_is_zero(figures: RevenueFigures, name: str, expected: Decimal | None) -> None:
    assert revenue_rates(figures)[name] == expected


def test_the_rates_of_a_period_follow_from_its_start() -> None:
    first = usd("a", step(0, 60), step(5, 40)), usd("b", step(0, 40), step(6, 0)), usd("c", step(1, 100))
    rows = [row for each in first for row in customer_movements([each], day_of(0), TODAY, {})]
    before, days = RevenueFigures(), []
    for number in range(DAYS):
        before = next_day(before, add_sums(movement_sums(row) for row in rows if row.day == day_of(number)))
        days.append(before)
    rates = revenue_rates(add_days(days[3:]))
    assert rates == {
        "churn_rate": Decimal("0.333333"),
        "gross_mrr_churn_rate": Decimal("0.300000"),
        "net_mrr_churn_rate": Decimal("0.300000"),
        "average_revenue_per_customer": Decimal("70.000000"),
        "lifetime_value": Decimal("210.000210"),
    }
