"""How a partner's report changes a booking: the latest report wins, for the partner's own clicks only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from chalicelib.together.enums import BookingStatus

CONFIRMED = (BookingStatus.CONFIRMED, BookingStatus.COMPLETED)


class StoredBooking(Protocol):
    """The columns of a booking that a report is compared with."""

    @property
    def partner_id(self) -> str: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def reported_at(self) -> datetime | None: ...


class Report(Protocol):
    """A line of a partner's report."""

    @property
    def external_id(self) -> str: ...
    @property
    def status(self) -> BookingStatus: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def commission(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def at(self) -> datetime: ...


class LineRefused(Exception):
    """A line that cannot be imported. Its text is the reason, without personal data."""


class NotTheirClick(LineRefused):
    """The click does not exist, or belongs to another partner: the same reason for both."""

    def __init__(self) -> None:
        super().__init__("click_id: not a click of this partner")


def columns_after_report(
    booking: StoredBooking, partner_id: str, report: Report, now: datetime
) -> Mapping[str, Any] | None:
    """Return the columns that a report sets; None if it is not later than the report that made the present state.

    Amounts that the report leaves out stay. Raises LineRefused.
    """
    if booking.partner_id != partner_id:
        raise NotTheirClick
    if booking.external_id not in (None, report.external_id):
        raise LineRefused("external_id: the booking has another one")
    if report.at > now:
        raise LineRefused("at: must not be in the future")
    has_money = report.amount is not None or report.commission is not None
    if has_money and (report.currency or booking.currency) is None:
        raise LineRefused("currency: required with an amount or a commission")
    if booking.reported_at is not None and report.at <= booking.reported_at:
        return None
    money = {"amount": report.amount, "commission": report.commission, "currency": report.currency}
    return {
        "external_id": report.external_id,
        "status": report.status,
        "reported_at": report.at,
        **{name: value for name, value in money.items() if value is not None},
    }
