"""Bookings at partners by day, and events that arrive on two neighboring days."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.analytics.models import DailyTraffic, PartnerDay
from tests.analytics.event_factories import TENANT, LakeEvent, lake_event, store

Compute = Callable[[], int]
DAY, NEXT = date(2026, 3, 28), date(2026, 3, 29)


def booking(at: str, number: int, user: str | None = "u1", **columns: Any) -> LakeEvent:
    data = {"partner": "p1", "status": "confirmed", **columns.pop("data", {})}
    values = {"value": Decimal(100), "currency": "EUR", **columns}
    return lake_event(at, number, type="conversion", name="booking", user_id=user, data=json.dumps(data), **values)


def partner_day(day: date) -> PartnerDay:
    return PartnerDay.get("p1", day)


def test_bookings_sum_in_the_most_frequent_currency(compute_due_days: Compute) -> None:
    store(
        [
            booking("2026-03-28 10:00", 1, "u1", data={"commission": "10.50", "rating": 5}),
            booking("2026-03-28 11:00", 2, "u2", data={"rating": 4}),
            booking("2026-03-28 12:00", 3, "u3", currency="USD"),
        ]
    )
    compute_due_days()
    row = partner_day(DAY)
    assert (row.bookings, row.cancellations, row.currency) == (3, 0, "EUR")
    assert (row.revenue, row.commission) == (Decimal(200), Decimal("10.50"))
    assert (row.rating_sum, row.rating_count) == (9, 2)


def test_canceled_booking_counts_as_a_cancellation_only(compute_due_days: Compute) -> None:
    store([booking("2026-03-28 10:00", 1)])
    compute_due_days()
    store([booking("2026-03-28 10:00", 1, version=1, data={"status": "cancelled"})])
    compute_due_days()
    canceled = partner_day(DAY)
    assert (canceled.bookings, canceled.cancellations, canceled.revenue) == (0, 1, Decimal(0))
    assert canceled.currency is None


def test_second_booking_of_a_user_is_a_repeat_on_the_same_day_and_later(compute_due_days: Compute) -> None:
    store([booking("2026-03-28 10:00", 1), booking("2026-03-28 11:00", 2)])
    store([booking("2026-03-29 10:00", 3), booking("2026-03-29 11:00", 4, "u2"), booking("2026-03-29 12:00", 5, None)])
    compute_due_days()
    assert (partner_day(DAY).repeat_bookings, partner_day(NEXT).repeat_bookings) == (1, 1)


def test_late_first_booking_makes_the_former_first_a_repeat(compute_due_days: Compute) -> None:
    store([booking("2026-03-29 10:00", 2)])
    compute_due_days()
    assert partner_day(NEXT).repeat_bookings == 0
    store([booking("2026-03-28 10:00", 1)])
    compute_due_days()
    assert (partner_day(DAY).repeat_bookings, partner_day(NEXT).repeat_bookings) == (0, 1)


def test_event_that_moves_to_the_next_day_counts_on_the_earlier_one_only(compute_due_days: Compute) -> None:
    store([lake_event("2026-03-28 23:50", 1)])
    compute_due_days()
    store([lake_event("2026-03-29 00:10", 1, version=1)])
    compute_due_days()
    assert [(row.date, row.page_views) for row in DailyTraffic.query(TENANT)] == [(DAY, 1), (NEXT, 0)]
