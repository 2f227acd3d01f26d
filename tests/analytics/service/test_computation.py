from __future__ import annotations

from collections.abc import Callable
from datetime import date

from chalicelib.analytics.domain.packed_json import unpack
from chalicelib.analytics.models import AnalyticsEvent, DailyTraffic, EventCount, EventDay, PageView, UserSession
from tests.analytics.event_factories import TENANT, lake_event, store

Compute = Callable[[], int]
DAY = date(2026, 3, 28)


def traffic(day: date = DAY) -> DailyTraffic:
    return DailyTraffic.get(TENANT, day)


def visits(day: date = DAY) -> list[UserSession]:
    return list(UserSession.query(f"{TENANT}#{day}"))


def test_day_with_two_visits_has_traffic_rows_and_visits(compute_due_days: Compute) -> None:
    store(
        [
            lake_event("2026-03-28 10:00", path="/a", referrer="https://www.google.com/"),
            lake_event("2026-03-28 10:10", path="/b", user_id="u1"),
            lake_event("2026-03-28 15:00", path="/c"),
            lake_event("2026-03-28 15:00", type="bot"),
        ]
    )

    compute_due_days()

    row = traffic()
    assert (row.visits, row.bounces, row.page_views, row.visitors, row.bots) == (2, 1, 3, 2, 1)
    assert (row.duration_seconds, row.active_users, row.new_users) == (600, 1, 1)
    assert unpack(row.top)["channels"] == [["direct", 1], ["search", 1]]
    first, second = sorted(visits(), key=lambda visit: visit.started_at)
    assert (first.entry_page, first.exit_page, first.user_id, first.channel) == ("/a", "/b", "u1", "search")
    assert second.is_bounce
    assert second.user_id is None
    views = [*PageView.query(f"{TENANT}#s#v1"), *PageView.query(f"{TENANT}#u#u1")]
    assert sorted((view.path, view.user_id, view.duration_seconds) for view in views) == [
        ("/a", "u1", 600),
        ("/b", "u1", None),
        ("/c", None, None),
    ]
    [count] = EventCount.query(f"{TENANT}#page_view")
    assert (count.event_count, count.visitors, count.value) == (3, 2, "")
    [day] = EventDay.query(TENANT)
    assert (day.event_count, day.generation, day.dirty) == (4, day.fence, None)
    assert list(AnalyticsEvent.query(f"{TENANT}#s#v1")) == []
