"""Bookings at partners, as events of the couples app: the newest version of a booking counts, on the booking's own day."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypedDict, Unpack

from chalicelib.analytics.domain.users import TOGETHER
from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.errors import InvalidEvent
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.analytics.service import own_sites
from chalicelib.kit import ids

NAME = "booking"
_NAMESPACE = "8a4d7b1c-96a5-4f6f-8d52-7f4f0a4b3e19"


class Booking(TypedDict, total=False):
    """What is known of a booking. Money is in `currency`; `subject` is the member, `rating` 1 to 5."""

    status: Literal["booked", "cancelled"]
    amount: Decimal
    commission: Decimal
    currency: str
    subject: str | None
    rating: int | None


def record_booking(partner: str, booking: str, version: int, at: datetime, **columns: Unpack[Booking]) -> None:
    """Send a version of a booking to the ingest. A version that is repeated, or older than another, changes nothing.

    `at` is the time of the booking, the same in every version. Raises InvalidEvent if a value is invalid.
    """
    data = {
        "partner": partner,
        "status": columns.get("status", "booked"),
        "commission": format(columns.get("commission", Decimal(0)), "f"),
        "rating": columns.get("rating"),
    }
    event = TrackedEvent(
        id=ids.derived(_NAMESPACE, partner, booking),
        name=NAME,
        type=CollectedType.SYSTEM,
        version=version,
        at=at,
        user_id=columns.get("subject"),
        value=columns.get("amount"),
        currency=columns.get("currency"),
        data={name: value for name, value in data.items() if value is not None},
    )
    answer = own_sites.track(TOGETHER, [event])
    if answer.rejected:
        raise InvalidEvent(f"The booking is refused: {answer.rejected[0].code}.")
