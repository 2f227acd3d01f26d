"""The calendar day of a member, in their time zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(moment: datetime, zone: str) -> date:
    """Return the calendar day of a time in an IANA time zone."""
    return moment.astimezone(ZoneInfo(zone)).date()
