"""Days and revenue are computed again: numbers that were right stay, numbers that were wrong are set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.errors import InvalidRange, SiteNotFound
from chalicelib.analytics.models import DailyTraffic, EventDay, RecurringRevenue
from chalicelib.analytics.repository import event_days, lake
from chalicelib.analytics.schemas.recomputation import RecomputationCreate
from chalicelib.analytics.service import recomputation, recurring_revenue
from chalicelib.analytics.service.recurring_revenue import SubscriptionReport
from chalicelib.kit import clock
from infra.bench.round_trips import metered
from infra.local.engine import Engine
from tests.analytics.conftest import NewSite
from tests.analytics.event_factories import TENANT, LakeEvent, WeekClock, lake_event, store
from tests.analytics.event_strategies import end_of_week, weeks
from tests.analytics.revenue_factories import day_of, state, step
from tests.analytics.tables import stored_numbers
from tests.examples import examples

Compute = Callable[[], int]
DAY = date(2026, 3, 28)


def recompute(**values: Any) -> tuple[int, int]:
    result = recomputation.recompute(RecomputationCreate.model_validate(values))
    return result.days, result.owners


def everything(days: list[date]) -> tuple[Any, ...]:
    """Return all rows and the lake's objects of the tenant."""
    objects = [lake.find_day(TENANT, day) for day in days]
    return stored_numbers(TENANT), [each and each.content for each in objects], lake.find_firsts(TENANT)


def test_recomputing_any_day_changes_no_row(
    engine: Engine, week_clock: WeekClock, new_site: NewSite, compute_due_days: Compute
) -> None:
    @settings(max_examples=examples(1), phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(weeks())
    def check(events: list[LakeEvent]) -> None:
        engine.restore()
        week_clock.moment = end_of_week(events)
        new_site(TENANT, time_zone="Europe/Berlin", counted={"page_view": "plan"})
        store(events)
        compute_due_days()
        days = [row.day for row in EventDay.query(TENANT)]
        before = everything(days)
        for day in days:
            assert recompute(tenant=TENANT, **{"from": day, "to": day}) == (1, 0)
            with metered() as meter:
                compute_due_days()
            assert everything(days) == before
            assert meter.cost.write_units <= 12  # the marks of the day, its lease and result, its traffic

    check()


def test_recomputation_sets_a_wrong_number(new_site: NewSite, week_clock: WeekClock, compute_due_days: Compute) -> None:
    new_site(TENANT)
    store([lake_event("2026-03-28 10:00"), lake_event("2026-03-28 12:00")])
    compute_due_days()
    right = stored_numbers(TENANT)
    DailyTraffic(TENANT, DAY).update([DailyTraffic.visits.set(7)])
    assert stored_numbers(TENANT) != right

    assert recompute(tenant=TENANT, **{"from": DAY, "to": DAY}) == (1, 0)
    compute_due_days()

    assert stored_numbers(TENANT) == right


def test_recomputation_marks_the_days_of_its_range_only(
    new_site: NewSite, week_clock: WeekClock, compute_due_days: Compute
) -> None:
    new_site(TENANT)
    store([lake_event(f"2026-03-{day} 10:00") for day in (24, 25, 26, 27)])
    compute_due_days()

    assert recompute(tenant=TENANT, **{"from": "2026-03-25", "to": "2026-03-26"}) == (2, 0)

    due = {each.day for each in event_days.iterate_due(clock.now())}
    assert due == {date(2026, 3, 25), date(2026, 3, 26)}


def test_recomputation_refuses_what_does_not_exist(new_site: NewSite, week_clock: WeekClock) -> None:
    with pytest.raises(SiteNotFound):
        recompute(tenant=TENANT, **{"from": DAY})
    new_site(TENANT)
    with pytest.raises(InvalidRange):
        recompute(tenant=TENANT, **{"from": DAY - timedelta(days=400), "to": DAY})
    with pytest.raises(InvalidRange):
        recompute(scope="all", **{"from": clock.today() + timedelta(days=1)})


@pytest.mark.parametrize(("scope", "owners"), [("member", 2), ("store", 1), ("all", 3)])
def test_recomputation_of_revenue_makes_owners_due_from_its_first_day(
    week_clock: WeekClock, scope: str, owners: int
) -> None:
    steps = state(step(0, 30))
    for kind, owner in [("member", "ann"), ("member", "bob"), ("store", "1")]:
        report = SubscriptionReport(RevenueScope(kind), owner, "s1", "plus", "active", "USD", steps)
        recurring_revenue.record_report(report)
    RecurringRevenue("member/ann", "s1").update([RecurringRevenue.due_from.set(day_of(3))])
    RecurringRevenue("member/bob", "s1").update([RecurringRevenue.due_from.remove()])

    assert recompute(scope=scope, **{"from": day_of(5)}) == (0, owners)

    if scope != "store":
        rows = [RecurringRevenue.get(owner, "s1") for owner in ("member/ann", "member/bob")]
        assert [row.due_from for row in rows] == [day_of(3), day_of(5)]  # what was due stays due
