from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.analytics.domain.day_ends import ended_day, next_close
from chalicelib.analytics.domain.local_days import local_date
from chalicelib.analytics.models import DailyTraffic, Site, VisitorSalt
from chalicelib.analytics.repository import visitor_salts
from chalicelib.analytics.service import day_ends, hourly_steps, site_days
from chalicelib.kit import clock, messages
from tests.analytics.event_factories import TENANT, WeekClock, lake_event, local, store

DAY = date(2026, 3, 28)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The messages that a step publishes."""
    published: list[Any] = []
    monkeypatch.setattr(messages, "publish", published.append)
    return published


@pytest.mark.parametrize(
    ("now", "zone", "close", "day"),
    [
        ("2026-03-28T10:00Z", "Europe/Berlin", "2026-03-28T23:00Z", DAY),
        ("2026-03-28T23:00Z", "Europe/Berlin", "2026-03-29T22:00Z", date(2026, 3, 29)),
        ("2026-03-28T10:00Z", "Asia/Kolkata", "2026-03-28T19:00Z", DAY),
        ("2026-03-28T10:00Z", "Pacific/Kiritimati", "2026-03-29T10:00Z", date(2026, 3, 29)),
        ("2026-03-28T10:00Z", "UTC", "2026-03-29T00:00Z", DAY),
    ],
)
def test_day_of_a_site_ends_in_the_first_full_hour_after_midnight(now: str, zone: str, close: str, day: date) -> None:
    due = next_close(datetime.fromisoformat(now), zone)
    assert due == datetime.fromisoformat(close)
    assert ended_day(due, zone) == day
    assert local_date(due, zone) == day + timedelta(days=1)


def test_site_with_events_is_closed_once_after_each_midnight(
    new_site: Callable[..., Any], compute_due_days: Callable[[], int], week_clock: WeekClock, sent: list[Any]
) -> None:
    new_site(TENANT, time_zone="Europe/Berlin")
    store([lake_event("2026-03-28 10:00")])
    site_days.expect_close(Site.get(TENANT))
    due = Site.get(TENANT).close_due
    assert due is not None
    assert due.startswith("2026-03-29T22#")

    site_days.send_due_sites(clock.now(), None)
    assert sent == []
    week_clock.moment = local("2026-03-29 22:05", "UTC")
    for _ in range(2):
        site_days.send_due_sites(clock.now(), None)
    assert [(each.tenant, each.day) for each in sent] == [(TENANT, date(2026, 3, 29))]
    week_clock.moment = local("2026-03-30 22:05", "UTC")
    site_days.send_due_sites(clock.now(), local("2026-03-30 22:00", "UTC"))
    assert [each.day for each in sent] == [date(2026, 3, 29), date(2026, 3, 30)]


def test_computation_makes_its_site_due(new_site: Callable[..., Any], compute_due_days: Callable[[], int]) -> None:
    new_site(TENANT)
    store([lake_event("2026-03-28 10:00")])
    assert Site.get(TENANT).close_due is None
    compute_due_days()
    assert (Site.get(TENANT).close_due or "").startswith("2026-03-30T00#")


def test_quiet_site_is_closed_no_more(new_site: Callable[..., Any], week_clock: WeekClock, sent: list[Any]) -> None:
    new_site(TENANT)
    store([lake_event("2026-03-28 10:00")])
    site_days.expect_close(Site.get(TENANT))
    week_clock.move(days=1)
    site_days.send_due_sites(clock.now(), None)
    due = Site.get(TENANT).close_due
    assert due is not None

    week_clock.moment = local("2026-06-30 10:00", "UTC")
    Site(TENANT).update([Site.close_due.set("2026-06-30T09#" + due[-1])])
    site_days.send_due_sites(clock.now(), None)
    assert len(sent) == 2
    assert Site.get(TENANT).close_due is None


def test_site_that_cannot_be_sent_is_due_again(
    new_site: Callable[..., Any], week_clock: WeekClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_site(TENANT)
    site_days.expect_close(Site.get(TENANT))
    week_clock.move(days=1)
    monkeypatch.setattr(messages, "publish", lambda _: 1 / 0)
    assert site_days.send_due_sites(clock.now(), None) == 0
    assert (Site.get(TENANT).close_due or "").startswith("2026-03-30T11#")


def test_active_users_are_counted_over_seven_and_thirty_days(
    new_site: Callable[..., Any], compute_due_days: Callable[[], int]
) -> None:
    new_site(TENANT)
    users = {"2026-02-26": "too-old", "2026-02-27": "oldest", "2026-03-21": "a", "2026-03-22": "b", "2026-03-28": "c"}
    store(
        [
            *(lake_event(f"{day} 10:00", user_id=user, visitor=None) for day, user in users.items()),
            lake_event("2026-03-28 11:00", visitor="v9"),
            lake_event("2026-03-28 11:01", visitor="v9", type="system", name="sync", user_id="d"),
            lake_event("2026-03-28 11:02", visitor=None, type="system", name="sync", user_id="passive"),
            lake_event("2026-03-28 11:03", visitor=None, type="bot", name=None, user_id=None),
        ]
    )
    compute_due_days()
    day_ends.close_site_day(TENANT, DAY)

    row = DailyTraffic.get(TENANT, DAY)
    assert (row.active_users, row.active_users_7d, row.active_users_30d) == (2, 3, 5)
    generation = row.generation
    store([lake_event("2026-03-28 12:00", visitor="v10")])
    compute_due_days()
    row = DailyTraffic.get(TENANT, DAY)
    assert row.generation > generation
    assert (row.active_users_7d, row.active_users_30d) == (3, 5)


def test_late_events_count_when_the_next_days_are_closed(
    new_site: Callable[..., Any], compute_due_days: Callable[[], int]
) -> None:
    new_site(TENANT)
    store([lake_event("2026-03-28 10:00", user_id="a"), lake_event("2026-03-29 10:00", user_id="a")])
    compute_due_days()
    day_ends.close_site_day(TENANT, DAY)
    store([lake_event("2026-03-28 10:00", user_id="b", visitor="v2")])
    compute_due_days()
    day_ends.close_site_day(TENANT, date(2026, 3, 29))

    assert [DailyTraffic.get(TENANT, day).active_users_7d for day in (DAY, date(2026, 3, 29))] == [2, 2]


def test_failing_step_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def fail(tenant: str, day: date) -> None:
        raise RuntimeError("first")

    monkeypatch.setattr(day_ends, "SITE_STEPS", (fail, lambda tenant, day: calls.append(tenant)))
    with pytest.raises(RuntimeError, match="first"):
        day_ends.close_site_day(TENANT, DAY)
    assert calls == [TENANT]


def test_hourly_run_deletes_old_salts(monkeypatch: pytest.MonkeyPatch) -> None:
    now, later = clock.now(), clock.now() + timedelta(days=4)
    visitor_salts.get_or_add(now.date())
    hourly_steps.run_hourly_steps(now, now)
    assert VisitorSalt.count(now.date()) == 1
    monkeypatch.setattr(clock, "now", lambda: later)
    hourly_steps.run_hourly_steps(later, later)
    assert VisitorSalt.count(now.date()) == 0
