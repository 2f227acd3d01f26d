"""The merge of reports on one subscription."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.recurring_revenue import (
    MAX_STEPS,
    RevenueHistory,
    RevenueStep,
    in_reporting_currency,
    merge_state,
    step_at_end,
)
from tests.analytics.revenue_factories import at, day_of, present_steps, reports, state, step, values
from tests.examples import examples


def test_the_first_report_is_stored_with_its_future_steps() -> None:
    trial = state(step(0, 0), step(14, 30))
    assert present_steps([trial]) == (step(0, 0), step(14, 30))


def test_a_later_report_replaces_the_known_future_but_not_the_past() -> None:
    trial, canceled = state(step(0, 0), step(14, 30)), state(step(5, 0))
    assert present_steps([trial, canceled]) == (step(0, 0),)
    upgraded = state(step(20, 50))
    assert present_steps([trial, upgraded]) == (step(0, 0), step(14, 30), step(20, 50))


def test_a_report_with_an_earlier_as_of_is_ignored() -> None:
    newer, older = state(step(3, 50), as_of=9), state(step(2, 30), as_of=8)
    assert present_steps([newer, older]) == (step(3, 50),)


def test_a_report_that_is_repeated_changes_nothing() -> None:
    report = state(step(3, 50), as_of=9)
    history = merge_state(None, report)
    assert history is not None
    assert merge_state(history, report) is None


def test_a_report_from_before_the_last_known_change_applies_from_that_change_on() -> None:
    known, late = state(step(6, 30), as_of=6), state(step(4, 50), step(5, 60), step(9, 70), as_of=8)
    assert present_steps([known, late]) == (step(6, 60), step(9, 70))


def test_a_final_report_counts_over_later_ones() -> None:
    active, ended = state(step(0, 30), as_of=9), state(step(5, 0), as_of=5, is_final=True)
    late = state(step(7, 30), as_of=12)
    assert present_steps([active, ended, late]) == (step(0, 30), step(5, 0))


def test_of_two_final_reports_the_later_counts() -> None:
    first, second = state(step(5, 0), as_of=5, is_final=True), state(step(8, 0), as_of=8, is_final=True)
    history = merge_state(merge_state(None, first), second)
    assert history is not None
    assert history.as_of == at(8)
    assert merge_state(history, first) is None


def test_equal_amounts_stay_one_step_with_its_rate() -> None:
    known = RevenueHistory((step(0, 30, rate="1.1"),), at(0), at(0))
    merged = merge_state(known, state(step(4, 30)))
    assert merged is not None
    assert merged.steps == (step(0, 30, rate="1.1"),)


def test_the_step_at_the_end_of_a_day_begins_before_midnight() -> None:
    steps = (step(1, 10), step(2, 20))
    assert step_at_end(steps, day_of(0)) is None
    assert step_at_end(steps, day_of(1)) == steps[0]
    assert step_at_end(steps, day_of(2)) == steps[1]
    last = RevenueStep(at(3) - timedelta(microseconds=1), Decimal(5), Decimal(0))
    assert step_at_end((*steps, last), day_of(2)) == last


def test_the_oldest_steps_fold_and_a_customer_who_paid_stays_known() -> None:
    history = merge_state(None, state(step(0, 7)))
    for number in range(1, 3 * MAX_STEPS):
        amount = 0 if number < 2 * MAX_STEPS and number % 2 else number
        history = merge_state(history, state(step(number / 100, amount))) or history
    assert history is not None
    assert len(history.steps) <= MAX_STEPS
    assert history.steps[-1].plan == 3 * MAX_STEPS - 1
    idle = merge_state(None, state(step(0, 7)))
    for number in range(1, 2 * MAX_STEPS):
        idle = merge_state(idle, state(step(number / 100, 0, 0 if number % 2 else "0.000001"))) or idle
    assert idle is not None
    assert len(idle.steps) <= MAX_STEPS
    assert any(each.amount for each in idle.steps[:2])


def test_an_amount_is_converted_with_six_places() -> None:
    assert in_reporting_currency(step(0, "10", "0.333333", rate="1.5")) == Decimal("15.500000")
    assert in_reporting_currency(step(0, "0.000001", rate="0.5")) == Decimal("0.000001")
    assert in_reporting_currency(step(0, 10)) == 0


@settings(max_examples=examples(60))
@given(st.lists(reports(), min_size=1, max_size=6, unique_by=lambda each: (each.is_final, each.as_of)), st.randoms())
def test_reports_in_any_order_end_in_the_same_amounts(states: list[RevenueHistory], random: st.Random) -> None:  # type: ignore[name-defined]
    shuffled = [*states, *random.choices(states, k=3)]
    random.shuffle(shuffled)
    newest = max(states, key=lambda each: (each.is_final, each.as_of))
    after = max(each.effective_at for each in states)
    final = [each for each in newest.steps if each.begins_at <= after][-1:]
    for order in (states, shuffled):
        steps = present_steps(order)
        assert [each.begins_at for each in steps] == sorted({each.begins_at for each in steps})
        assert all(one.amount != other.amount or one.plan != other.plan for one, other in itertools.pairwise(steps))
        assert steps[-1].amount == newest.steps[-1].amount
        current = [each for each in steps if each.begins_at <= after][-1]
        assert values(current.plan, current.addons) == (final[0].plan, final[0].addons)
