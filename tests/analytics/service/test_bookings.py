from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.analytics.errors import InvalidEvent
from chalicelib.analytics.models import PartnerDay, Site
from chalicelib.analytics.service import record_booking
from tests.analytics.collection_factories import queued_events
from tests.analytics.event_factories import local


def book(booking: str = "b1", version: int = 0, **columns: Any) -> None:
    fields = {"status": "booked", "amount": Decimal(100), "commission": Decimal("10.5"), "currency": "EUR"}
    record_booking("p", booking, version, local("2026-03-28 12:00"), **{**fields, "subject": "m", **columns})


def test_newest_version_of_a_booking_counts_on_its_own_day(
    compute_due_days: Callable[[], int], drain: Callable[[], list[Any]]
) -> None:
    book(version=1, status="cancelled")
    book(version=0)
    book("b2", rating=5)
    book("b2", rating=5)
    assert drain() == []
    compute_due_days()

    row = PartnerDay.get("p", date(2026, 3, 28))
    assert (row.tenant, row.bookings, row.cancellations) == ("together", 1, 1)
    assert (row.revenue, row.commission, row.currency) == (Decimal(100), Decimal("10.5"), "EUR")
    assert (row.rating_sum, row.rating_count) == (5, 1)
    assert Site.get("together").name == "Together"


def test_booking_is_one_event_of_its_partner() -> None:
    book()
    book(version=1)
    record_booking("q", "b1", 0, local("2026-03-28 12:00"))
    events = [event for message in queued_events() for event in message.events]
    assert [event.version for event in events] == [0, 1, 0]
    assert events[0].id == events[1].id != events[2].id


def test_invalid_booking_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="invalid_currency"):
        book(currency="euro")
