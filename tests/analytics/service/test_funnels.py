"""Saved funnels: computed after each midnight of the site, set and not added, until an entry day is final."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from chalicelib.analytics.errors import FunnelLimitReached, FunnelNotFound
from chalicelib.analytics.models import FunnelStep, Site
from chalicelib.analytics.repository import funnels as repository
from chalicelib.analytics.schemas.funnels import FunnelCreate, FunnelQuery, FunnelRead
from chalicelib.analytics.schemas.reports import ReportCreate
from chalicelib.analytics.service import funnels, reports, site_days
from chalicelib.kit import clock
from tests.analytics.conftest import NewSite
from tests.analytics.event_factories import TENANT, LakeEvent, WeekClock, lake_event, store

Drain = Callable[[], list[dict[str, Any]]]
STEPS: dict[str, Any] = {"steps": [{"name": "sign_up"}, {"name": "booking"}], "window_seconds": 86_400}
SATURDAY, SUNDAY = date(2026, 3, 28), date(2026, 3, 29)
RANGE = FunnelQuery.model_validate({"from": SATURDAY, "to": SUNDAY})


def _create(name: str = "Booking") -> FunnelRead:
    return funnels.create_funnel(TENANT, FunnelCreate.model_validate({"name": name, **STEPS}))


def _event(at: str, number: int, name: str, user: str) -> LakeEvent:
    return lake_event(at, number, type="conversion", name=name, user_id=user, visitor=None)


@pytest.fixture
def site(new_site: NewSite, week_clock: WeekClock) -> str:
    new_site(TENANT, time_zone="Europe/Berlin")
    return TENANT


@pytest.fixture
def close(week_clock: WeekClock, drain: Drain) -> Callable[[], None]:
    """Run the schedule in the hour in which the site is due."""

    def run() -> None:
        due = Site.get(TENANT).close_due
        week_clock.moment = datetime.fromisoformat(f"{due.partition('#')[0]}:05:00+00:00")
        site_days.send_due_sites(clock.now(), clock.now())
        assert drain() == []

    return run


def _steps(funnel: str) -> dict[date, list[tuple[int, int]]]:
    days: dict[date, list[tuple[int, int]]] = {}
    for step in funnels.get_funnel(TENANT, funnel, RANGE).days:
        days.setdefault(step.day, []).append((step.reached, step.dropped_off))
    return days


def test_a_funnel_is_computed_by_entry_day_after_the_sites_midnight(
    site: str, compute_due_days: Callable[[], int], close: Callable[[], None]
) -> None:
    funnel = _create().funnel
    store([_event("2026-03-28 10:00", 1, "sign_up", "u1"), _event("2026-03-28 11:00", 2, "sign_up", "u2")])
    store([_event("2026-03-29 09:00", 3, "booking", "u1"), _event("2026-03-29 12:30", 4, "booking", "u2")])
    store([_event("2026-03-29 11:00", 5, "sign_up", "u1"), _event("2026-03-29 11:10", 6, "booking", "u1")])
    compute_due_days()
    close()
    assert _steps(funnel) == {SATURDAY: [(2, 1), (1, 0)], SUNDAY: [(1, 0), (1, 0)]}
    first, second, *_ = funnels.get_funnel(TENANT, funnel, RANGE).days
    assert first.average_seconds is None
    assert second.average_seconds == 79_200
    assert second.median_seconds == 79_200


def test_a_day_of_a_funnel_is_the_report_of_that_day(
    site: str, compute_due_days: Callable[[], int], close: Callable[[], None], drain: Drain
) -> None:
    funnel = _create().funnel
    store(
        [
            _event(f"2026-03-{day} 10:{number}0", 10 * day + number, "sign_up", f"u{number}")
            for day in (28, 29)
            for number in range(3)
        ]
    )
    store([_event("2026-03-29 09:00", 3, "booking", "u1"), _event("2026-03-29 11:30", 4, "booking", "u2")])
    compute_due_days()
    close()
    for day, steps in _steps(funnel).items():
        body = {"kind": "funnel", **STEPS, "from": day, "to": day}
        summary = reports.request_report(TENANT, ReportCreate.model_validate(body))
        assert drain() == []
        result = reports.get_report(TENANT, summary.id).result
        assert result
        assert [step.reached for step in result.steps or []] == [reached for reached, _ in steps]


def test_a_late_event_changes_an_open_day_and_no_final_one(
    site: str, compute_due_days: Callable[[], int], close: Callable[[], None], week_clock: WeekClock
) -> None:
    funnel = _create().funnel
    store([_event("2026-03-28 10:00", 1, "sign_up", "u1")])
    compute_due_days()
    close()
    store([_event("2026-03-28 10:30", 2, "booking", "u1")])
    compute_due_days()
    close()
    assert _steps(funnel) == {SATURDAY: [(1, 0), (1, 0)]}
    for _ in range(5):
        close()
    assert all(step.is_final for step in FunnelStep.query(f"{TENANT}#{funnel}"))
    store([_event("2026-03-28 10:40", 3, "sign_up", "u2")])
    compute_due_days()
    close()
    assert _steps(funnel) == {SATURDAY: [(1, 0), (1, 0)]}


def test_unchanged_steps_are_not_written_again(
    site: str, compute_due_days: Callable[[], int], close: Callable[[], None]
) -> None:
    funnel = _create().funnel
    store([_event("2026-03-28 10:00", 1, "sign_up", "u1")])
    compute_due_days()
    close()
    before = [step.computed_at for step in FunnelStep.query(f"{TENANT}#{funnel}")]
    close()
    assert [step.computed_at for step in FunnelStep.query(f"{TENANT}#{funnel}")] == before


def test_a_site_without_events_for_ninety_days_is_not_closed(
    site: str, compute_due_days: Callable[[], int], close: Callable[[], None], week_clock: WeekClock
) -> None:
    store([_event("2026-03-28 10:00", 1, "sign_up", "u1")])
    compute_due_days()
    assert Site.get(TENANT).close_due
    close()
    assert Site.get(TENANT).close_due
    week_clock.move(days=90)
    row = Site.get(TENANT)
    row.update([Site.close_due.set(f"{clock.now():%Y-%m-%dT%H}#{row.close_due[-1]}")])
    close()
    assert Site.get(TENANT).close_due is None


def test_a_site_has_at_most_twenty_funnels(site: str) -> None:
    created = [_create(f"Funnel {number}") for number in range(repository.MAX_FUNNELS)]
    with pytest.raises(FunnelLimitReached):
        _create()
    funnels.delete_funnel(TENANT, created[0].funnel)
    assert _create("New").name == "New"
    with pytest.raises(FunnelNotFound):
        funnels.delete_funnel(TENANT, created[0].funnel)
