"""The revenue of days: reports come in, owners are computed, days follow from their movements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.exchange_rates import DatedRate
from chalicelib.analytics.domain.mrr_movements import state_at_end
from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import MrrMovement, RecurringRevenue, RevenueDay
from chalicelib.analytics.repository import exchange_rates as rate_rows
from chalicelib.analytics.repository import recurring_revenue as revenue_rows
from chalicelib.analytics.service import recurring_revenue, revenue_days
from chalicelib.analytics.service.recurring_revenue import SubscriptionReport
from chalicelib.kit import clock
from infra.bench.round_trips import metered
from infra.local.engine import Engine
from tests.analytics.revenue_factories import DAYS, START, at, compute_due_revenue, day_of, reports, state, step, values
from tests.examples import examples

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run looks at each hour since the last: 30 days have many."""
    monkeypatch.setattr(revenue_rows, "SHARDS", 1)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set our clock: `time(3)` is the start of day 3."""

    def set_to(day: float) -> datetime:
        moment = at(day)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_to(0)
    return set_to


def report(
    history: RevenueHistory,
    owner: str = "ann",
    subscription: str = "s1",
    scope: RevenueScope = RevenueScope.MEMBER,
    currency: str = "USD",
) -> None:
    recurring_revenue.record_report(SubscriptionReport(scope, owner, subscription, "plus", "active", currency, history))


def close(time: Any, day: float, since: float | None = None) -> int:
    return compute_due_revenue(time(day), at(since) if since is not None else None)


def day(number: int, scope: RevenueScope = RevenueScope.MEMBER) -> RevenueDay:
    return RevenueDay.get(scope, day_of(number))


def days(scope: RevenueScope = RevenueScope.MEMBER) -> dict[date, Decimal]:
    return {row.analytics_date: row.mrr for row in RevenueDay.query(scope)}


def movements() -> list[tuple[str, str, Decimal]]:
    return sorted((row.scope_day, row.kind.value, row.amount) for row in MrrMovement.scan())


def test_a_new_subscription_is_new_mrr_of_its_scope_and_of_all(time: Any) -> None:
    report(state(step(0.5, 30, 5)))
    report(state(step(0.6, 100)), owner="shop", scope=RevenueScope.STORE)
    assert close(time, 0.7) == 2
    assert values(day(0).mrr, day(0).new_mrr, day(0).new_customers, day(0).arr) == (35, 35, 1, 420)
    assert values(day(0).customers, day(0).active_subscriptions, day(0).new_subscriptions) == (1, 1, 1)
    total = day(0, RevenueScope.ALL)
    assert values(total.mrr, total.customers, total.committed_mrr, total.currency) == (135, 2, 135, "USD")
    assert {row.customer for row in MrrMovement.scan()} == {"member/ann", "store/shop"}


def test_an_owner_is_due_once_after_a_report_and_again_at_the_next_step(time: Any) -> None:
    report(state(step(0, 0), step(14.25, 30)))
    close(time, 0)
    [row] = RecurringRevenue.scan()
    assert row.due.startswith("2026-03-15T06#")
    assert row.due_from == day_of(14)
    assert movements() == []
    close(time, 14.3, since=14.2)
    assert movements() == [("member#2026-03-15", "new", Decimal(30))]
    [row] = RecurringRevenue.scan()
    assert row.due is None
    assert row.due_from is None


def test_a_report_of_a_later_change_is_computed_on_its_day(time: Any) -> None:
    """A run before that day has nothing to compute, and the runs after it no longer look at the time of the report."""
    report(state(step(0, 30)))
    close(time, 0.5)
    time(2)
    report(state(step(6.5, 0), as_of=2))
    close(time, 3, since=0.5)
    close(time, 7, since=3)
    assert movements() == [("member#2026-03-01", "new", Decimal(30)), ("member#2026-03-07", "churn", Decimal(-30))]


def test_a_repeated_or_stale_report_makes_no_owner_due(time: Any) -> None:
    time(3)
    newer = state(step(2, 30), as_of=3)
    report(newer)
    close(time, 3)
    report(newer)
    report(state(step(1, 10), as_of=2))
    assert [row.due for row in RecurringRevenue.scan()] == [None]
    assert movements() == [("member#2026-03-03", "new", Decimal(30))]


def test_days_without_a_change_carry_the_mrr_and_become_final(time: Any) -> None:
    report(state(step(0, 30)))
    close(time, 0.5)
    close(time, 6, since=5.9)
    assert days() == dict.fromkeys(map(day_of, range(7)), Decimal(30))
    assert [day(number).is_final for number in range(7)] == [True, True, True, False, False, False, False]
    assert values(day(1).start_mrr, day(1).new_mrr, day(1).churn_rate) == (30, 0, 0)
    assert day(0).churn_rate is None


def test_a_run_without_a_change_writes_nothing(time: Any) -> None:
    report(state(step(0, 30)))
    close(time, 0.5)
    close(time, 2, since=1.9)
    with metered() as meter:
        close(time, 2.05, since=2)
    assert meter.cost.writes == 0


def test_without_revenue_nothing_is_written(time: Any) -> None:
    with metered() as meter:
        assert close(time, 1, since=0.9) == 0
    assert meter.cost.writes == 0
    assert days() == {}


def test_a_late_report_moves_every_day_after_it(time: Any) -> None:
    report(state(step(0, 30)))
    close(time, 0.5)
    close(time, 8, since=7.9)
    report(state(step(2, 50), as_of=8))
    close(time, 8.1, since=8)
    assert [mrr for _, mrr in sorted(days().items())] == [30, 30, *[50] * 7]
    assert values(day(2).expansion_mrr, day(2).is_final) == (20, True)
    assert sum(row.amount for row in MrrMovement.scan()) == 50


def test_a_movement_that_no_longer_follows_is_deleted(time: Any) -> None:
    report(state(step(0, 30)))
    report(state(step(1.5, 80), as_of=1.5))
    close(time, 1.6)
    assert len(movements()) == 2
    report(state(step(1.5, 30), as_of=1.7))
    close(time, 1.8, since=1.6)
    assert movements() == [("member#2026-03-01", "new", Decimal(30))]
    assert day(1).expansion_mrr == 0


def test_a_step_takes_the_rate_of_its_first_day_or_of_seven_days_before(time: Any) -> None:
    time(8)
    rate_rows.put_rates([DatedRate("EUR", day_of(0), Decimal("1.2")), DatedRate("EUR", day_of(9), Decimal("1.5"))])
    report(state(step(7, 10)), currency="EUR")
    report(state(step(8, 10)), currency="EUR", owner="bob")
    close(time, 8)
    assert values(day(8).mrr, day(8).unconverted, day(8).customers) == (12, {"EUR": "10.000000"}, 1)
    time(10)
    report(state(step(10, 20)), currency="EUR")
    close(time, 10, since=9.9)
    assert day(10).mrr == 30
    assert values(day(10).expansion_mrr, day(9).mrr) == (18, 12)


def test_mrr_without_a_rate_takes_one_that_is_entered_later(time: Any) -> None:
    report(state(step(1, 10)), currency="EUR")
    close(time, 1.5)
    assert values(day(1).mrr, day(1).unconverted, day(1).active_subscriptions) == (0, {"EUR": "10.000000"}, 0)
    rate_rows.put_rates([DatedRate("EUR", day_of(1), Decimal(2))])
    close(time, 2.1, since=2)
    assert values(day(1).mrr, day(1).unconverted, day(1).new_mrr, day(2).mrr) == (20, None, 20, 20)
    rate_rows.put_rates([DatedRate("EUR", day_of(1), Decimal(3))])
    recurring_revenue.mark_all_due(RevenueScope.MEMBER, clock.now(), day_of(0))
    close(time, 3.1, since=3)
    assert values(day(1).mrr, day(3).mrr) == (20, 20)


def test_a_recomputation_changes_no_row(time: Any) -> None:
    time(9)
    report(state(step(0, 30), step(20, 0)))
    report(state(step(3, 10)), subscription="s2")
    report(state(step(5, 0), as_of=5))
    close(time, 9)
    before = {(row.scope, row.analytics_date): row.attribute_values for row in RevenueDay.scan()}
    moved = {row.scope_day: row.attribute_values for row in MrrMovement.scan()}
    assert recurring_revenue.mark_all_due(RevenueScope.MEMBER, clock.now(), day_of(0)) == 1
    close(time, 9.02, since=9)
    assert {(row.scope, row.analytics_date): row.attribute_values for row in RevenueDay.scan()} == before
    assert {row.scope_day: row.attribute_values for row in MrrMovement.scan()} == moved


def test_a_planned_end_lowers_the_committed_mrr_only(time: Any) -> None:
    report(state(step(0, 30)))
    close(time, 0.5)
    time(2)
    report(state(step(2, 30), step(40, 0), as_of=2))
    close(time, 2.1, since=2)
    assert values(day(1).committed_mrr, day(2).committed_mrr, day(2).mrr) == (30, 0, 30)


def test_an_owner_that_fails_is_due_at_the_next_run_and_ends_no_other(
    time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(state(step(0, 30)), owner="ann")
    report(state(step(0, 20)), owner="bob")
    compute = recurring_revenue._compute_owner

    def fail(owner: str, now: datetime) -> Any:
        if owner == "member/ann":
            raise RuntimeError
        return compute(owner, now)

    monkeypatch.setattr(recurring_revenue, "_compute_owner", fail)
    close(time, 0.5)
    assert day(0).mrr == 20
    monkeypatch.setattr(recurring_revenue, "_compute_owner", compute)
    close(time, 2.5, since=2.4)
    assert values(day(0).mrr, day(2).mrr) == (20, 20)
    close(time, 0.52, since=0.5)
    assert day(0).mrr == 50


def test_a_crash_before_the_days_leaves_the_owner_due(time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report(state(step(0, 30)))
    with monkeypatch.context() as patch:
        patch.setattr(revenue_days, "compute_days", _crash)
        with pytest.raises(RuntimeError):
            close(time, 0.5)
    assert len(movements()) == 1
    close(time, 0.6)
    assert day(0).mrr == 30


def test_a_report_during_a_computation_stays_due(time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report(state(step(0, 30)))
    compute_days = revenue_days.compute_days

    def interrupted(first: date | None, now: datetime) -> None:
        compute_days(first, now)
        report(state(step(0.4, 50), as_of=0.4))

    with monkeypatch.context() as patch:
        patch.setattr(revenue_days, "compute_days", interrupted)
        close(time, 0.5)
    assert day(0).mrr == 30
    close(time, 0.55, since=0.5)
    assert day(0).mrr == 50


def test_two_computations_at_once_leave_the_days_of_both(time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report(state(step(0, 30)))
    write_days, is_first = revenue_days._write_days, [True]

    def write_conflicts(*arguments: Any) -> int:
        """Let another computation finish between the reads and the writes of the first."""
        if is_first.pop() if is_first else False:
            report(state(step(0.25, 12)), owner="bob")
            close(time, 0.5)
            assert day(0).mrr == 42
        return write_days(*arguments)

    monkeypatch.setattr(revenue_days, "_write_days", write_conflicts)
    close(time, 0.5)
    assert values(day(0).mrr, day(0).customers, day(0, RevenueScope.ALL).mrr) == (42, 2, 42)


def test_an_owner_whose_message_waits_is_sent_hourly(time: Any) -> None:
    report(state(step(0, 30)))
    for hour in range(5):
        since = at((hour - 1) / 24) if hour else None
        assert revenue_days.send_due_owners(time(hour / 24), since) == 1
    assert close(time, 6 / 24, since=4 / 24) == 1
    assert day(0).mrr == 30
    assert revenue_days.send_due_owners(time(7 / 24), at(6 / 24)) == 1, "the open days"


def _crash(*_: Any) -> None:
    raise RuntimeError


def test_an_owner_with_many_steps_is_written_in_several_transactions(time: Any) -> None:
    time(95)
    report(state(*(step(number / 2, number + 1) for number in range(2 * 95))))
    assert close(time, 95) == 1
    assert len(movements()) == 95
    assert day(94).mrr == 190


REPORT = st.tuples(st.sampled_from(["ann", "bob"]), st.sampled_from(["s1", "s2"]), reports())


@settings(max_examples=examples(4), suppress_health_check=list(HealthCheck))
@given(st.lists(REPORT, min_size=1, max_size=6), st.lists(st.integers(0, DAYS), max_size=2).map(sorted), st.randoms())
def test_days_equal_a_recount_for_reports_in_any_order(
    engine: Engine, time: Any, arrivals: list[Any], runs: list[int], random: Any
) -> None:
    """Runs between the reports, repeated reports, and owners with several subscriptions."""
    engine.restore()
    shuffled = [*arrivals, *random.choices(arrivals, k=2)]
    random.shuffle(shuffled)
    last = 0.0
    for number, (owner, subscription, history) in enumerate(shuffled):
        time(last)
        report(history, owner=owner, subscription=subscription)
        if number < len(runs):
            close(time, runs[number] + 0.5, since=last)
            last = runs[number] + 0.5
    close(time, DAYS + 1, since=max(last - 1, 0))
    owners = {row.owner for row in RecurringRevenue.scan()}
    steps = {
        owner: [revenue_rows.subscription_of(row) for row in revenue_rows.list_by_owner(owner)] for owner in owners
    }
    for each_day, figures, _ in revenue_days.list_days(RevenueScope.MEMBER, day_of(0), day_of(DAYS + 1)):
        states = [state_at_end(each, each_day) for each in steps.values()]
        assert figures.mrr == sum(each.mrr for each in states)
        assert figures.customers == sum(each.mrr > 0 for each in states)


def test_reports_of_an_earlier_release_without_an_end_are_whole() -> None:
    history = state(step(0, 30))
    report(replace(history, steps=(RevenueStep(START, Decimal(30), Decimal(0)),)))
    [row] = RecurringRevenue.scan()
    assert row.steps == [{"from": clock.iso(START), "plan": "30", "addons": "0", "rate": None, "rate_day": None}]
