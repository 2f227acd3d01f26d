"""The rules of visits, one by one, on a day between its neighbors."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.analytics.service.day_database import DayOptions, open_day
from tests.analytics.event_factories import LakeEvent, lake_event, local, part_of

DAY = date(2026, 3, 28)


def visits(events: list[LakeEvent], day: date = DAY) -> list[dict[str, Any]]:
    """Return the visits that begin on `day`, in order."""
    files: dict[date, list[LakeEvent]] = defaultdict(list)
    for event in events:
        files[event["day"]].append(event)
    before, after = (files.get(day + timedelta(days=step)) for step in (-1, 1))
    with open_day(DayOptions("t", day, local("2026-04-02 00:00"), {})) as database:
        database.load(None, [part_of(files[day])])
        needs_before, needs_after = database.unite()
        database.place_visits(
            part_of(before) if before and needs_before else None, part_of(after) if after and needs_after else None
        )
        return sorted(database.visits_to_put(), key=lambda visit: (visit["started_ms"], visit["visit_id"]))


def at(text: str, milliseconds: int = 0) -> datetime:
    return local(f"2026-03-{text}") + timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(("gap", "count"), [(1_800_000, 1), (1_800_001, 2)])
def test_gap_over_30_minutes_begins_a_visit(gap: int, count: int) -> None:
    assert len(visits([lake_event(at("28 10:00")), lake_event(at("28 10:00", gap))])) == count


def test_late_event_joins_two_visits_and_a_missing_one_splits_them() -> None:
    events = [lake_event(at(f"28 10:{minute}")) for minute in ("00", "25", "50")]

    assert len(visits(events)) == 1
    assert len(visits([events[0], events[2]])) == 2


def test_duration_is_in_whole_seconds_rounded_down() -> None:
    [visit] = visits([lake_event(at("28 10:00")), lake_event(at("28 10:00", 1_999))])

    assert visit["duration_seconds"] == 1


def test_visit_over_midnight_belongs_to_its_first_day() -> None:
    events = [lake_event(at("28 23:50")), lake_event(at("29 00:10"), path="/after")]

    [visit] = visits(events)
    assert (visit["event_count"], visit["duration_seconds"], visit["exit_page"]) == (2, 1_200, "/after")
    assert visits(events, DAY + timedelta(days=1)) == []


def test_visitor_continues_over_the_midnight_of_the_salts() -> None:
    events = [
        lake_event(at("28 23:50"), visitor="old"),
        lake_event(at("29 00:10"), visitor="new", visitor_before="old"),
        lake_event(at("29 00:35"), visitor="new"),
    ]

    [visit] = visits(events)
    assert visit["event_count"] == 3
    assert visits(events, DAY + timedelta(days=1)) == []


def test_each_day_of_a_key_that_is_active_for_three_days_is_a_visit() -> None:
    start = local("2026-03-27 00:10")
    events = [lake_event(start + timedelta(minutes=25 * step), session_id="s") for step in range(171)]

    found = [visits(events, DAY + timedelta(days=step)) for step in (-1, 0, 1)]

    assert [len(of_day) for of_day in found] == [1, 1, 1]
    assert sum(of_day[0]["event_count"] for of_day in found) == len(events)


def test_sessions_in_two_time_zones_are_two_visits() -> None:
    zones = ("Europe/Berlin", "Europe/Paris")

    assert len(visits([lake_event(at("28 10:00"), session_id="s", time_zone=zone) for zone in zones])) == 2


def test_events_that_open_no_visit_make_none() -> None:
    assert (
        visits([lake_event(at("28 10:00"), type=kind) for kind in ("error", "system", "page_leave", "payment")]) == []
    )


def test_event_without_any_key_is_in_no_visit() -> None:
    assert visits([lake_event(at("28 10:00"), visitor=None)]) == []


def test_visit_of_two_users_has_none() -> None:
    [visit] = visits([lake_event(at("28 10:00"), user_id=user) for user in ("u1", "u2", None)])

    assert visit["user_id"] is None
    assert visit["who"] == ["t#s#v1", "t#u#u1", "t#u#u2"]
