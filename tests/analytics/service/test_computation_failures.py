"""Computations that crash, stall or run at the same time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from chalicelib.analytics.models import DailyTraffic, EventDay, UserSession
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.service import computation, due_days
from chalicelib.kit import clock, data_subjects, tombstones
from infra.bench.round_trips import metered
from tests.analytics.crashes import Killed, before_write, kill
from tests.analytics.event_factories import TENANT, WeekClock, lake_event, store
from tests.analytics.tables import stored_numbers

Compute = Callable[[], int]
DAY = date(2026, 3, 28)


EVENTS = [
    lake_event("2026-03-28 10:00", 1, path="/a"),
    lake_event("2026-03-28 10:10", 2, path="/b", user_id="u1"),
    lake_event("2026-03-28 15:00", 3, type="feature_usage", name="export", user_id="u2", session_id="s1"),
]


def numbers_without_crash(compute_due_days: Compute) -> dict[str, Any]:
    store(EVENTS)
    compute_due_days()
    return stored_numbers(TENANT)


def test_crash_at_any_write_changes_no_number(week_clock: WeekClock, compute_due_days: Compute, engine: Any) -> None:
    expected = numbers_without_crash(compute_due_days)
    number = 0
    while True:
        engine.restore()
        store(EVENTS)
        with before_write(number, kill) as writes:
            try:
                computation.compute_day(TENANT, DAY)
            except Killed:
                pass
            else:
                break
        week_clock.move(minutes=16)
        compute_due_days()
        assert stored_numbers(TENANT) == expected, writes
        number += 3
    assert number > 12


def test_stalled_computation_overwrites_nothing_and_its_rows_are_gone_after_the_next(
    week_clock: WeekClock, compute_due_days: Compute
) -> None:
    store(EVENTS)
    late = [lake_event("2026-03-28 09:50", 4, path="/first"), lake_event("2026-03-28 10:20", 5, path="/last")]

    def run_next() -> None:
        week_clock.move(minutes=16)
        store(late)
        computation.compute_day(TENANT, DAY)

    with before_write(4, run_next):
        computation.compute_day(TENANT, DAY)
    assert DailyTraffic.get(TENANT, DAY).page_views == 4
    compute_due_days()

    actual = stored_numbers(TENANT)
    assert {visit.entry_page for visit in UserSession.query(f"{TENANT}#{DAY}")} == {"/first", None}
    assert DailyTraffic.get(TENANT, DAY).page_views == 4
    week_clock.move(hours=1)
    event_days.mark_due(TENANT, DAY, clock.now())
    compute_due_days()
    assert stored_numbers(TENANT) == actual


def test_second_computation_of_a_leased_day_does_nothing(week_clock: WeekClock) -> None:
    store(EVENTS)
    assert event_days.lease(TENANT, DAY, 900) is not None

    computation.compute_day(TENANT, DAY)

    assert list(DailyTraffic.query(TENANT)) == []


def test_part_that_arrives_during_a_computation_keeps_the_day_due(
    week_clock: WeekClock, compute_due_days: Compute
) -> None:
    store(EVENTS)
    with before_write(3, lambda: store([lake_event("2026-03-28 20:00", 6)])):
        computation.compute_day(TENANT, DAY)

    assert [due.day for due in event_days.iterate_due(clock.now())] == [DAY]
    compute_due_days()
    assert DailyTraffic.get(TENANT, DAY).page_views == 3


def test_recomputation_and_redelivery_change_no_row(week_clock: WeekClock, compute_due_days: Compute) -> None:
    expected = numbers_without_crash(compute_due_days)
    store(EVENTS)

    with metered() as meter:
        compute_due_days()

    assert stored_numbers(TENANT) == expected
    assert meter.cost.write_units <= 10


def test_waiting_day_is_sent_once_an_hour(week_clock: WeekClock) -> None:
    store(EVENTS)
    for _ in range(3):
        with metered() as meter:
            due_days.send_due_days(clock.now())
        week_clock.move(minutes=5)
        sends = meter.cost.sends
    assert sends == 0
    week_clock.move(hours=1)
    with metered() as meter:
        due_days.send_due_days(clock.now())
    assert meter.cost.sends == 1


def test_late_event_opens_a_closed_day(week_clock: WeekClock, compute_due_days: Compute) -> None:
    store(EVENTS)
    compute_due_days()
    week_clock.move(days=80)
    event_days.mark_due(TENANT, DAY, clock.now())
    compute_due_days()
    assert EventDay.get(TENANT, DAY).is_closed

    store([lake_event("2026-03-28 20:00", 7, user_id="u9")])

    assert not EventDay.get(TENANT, DAY).is_closed


def test_earlier_first_day_moves_a_new_user(week_clock: WeekClock, compute_due_days: Compute) -> None:
    store([lake_event("2026-03-28 10:00", 8, user_id="u1")])
    compute_due_days()
    assert DailyTraffic.get(TENANT, DAY).new_users == 1

    store([lake_event("2026-03-20 10:00", 9, user_id="u1")])
    compute_due_days()

    assert DailyTraffic.get(TENANT, DAY).new_users == 0
    assert DailyTraffic.get(TENANT, DAY - timedelta(days=8)).new_users == 1


def test_late_event_joins_two_visits_over_midnight(week_clock: WeekClock, compute_due_days: Compute) -> None:
    store([lake_event("2026-03-27 23:40", 10), lake_event("2026-03-28 00:20", 11), lake_event("2026-03-28 00:30", 12)])
    compute_due_days()
    assert [DailyTraffic.get(TENANT, day).visits for day in (DAY - timedelta(days=1), DAY)] == [1, 1]

    store([lake_event("2026-03-28 00:00", 13, visitor="v2", visitor_before="v1")])
    store([lake_event("2026-03-28 00:05", 14)])
    compute_due_days()

    first, second = DailyTraffic.get(TENANT, DAY - timedelta(days=1)), DailyTraffic.get(TENANT, DAY)
    assert (first.visits, first.duration_seconds, second.visits) == (1, 3000, 0)


def test_erased_user_of_a_waiting_part_is_anonymous_in_every_row(
    week_clock: WeekClock, compute_due_days: Compute
) -> None:
    gid = "gid:42"
    store(
        [
            lake_event("2026-03-28 10:00", 1, user_id=gid, path="/secret"),
            lake_event("2026-03-28 11:00", 2, user_id="u2"),
        ]
    )
    tombstones.add(data_subjects.customer("demo.myshopify.com", gid))

    compute_due_days()

    text = repr(stored_numbers(TENANT))
    assert gid not in text
    assert "/secret" not in text
    assert DailyTraffic.get(TENANT, DAY).active_users == 2
