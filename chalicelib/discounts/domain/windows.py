"""The times of a discount's window, which merchants may give in the shop's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def in_utc(moment: datetime, time_zone: str | None) -> datetime:
    """Return a time in UTC, in whole seconds as at Shopify; one without an offset is a local time of the zone.

    An unknown zone counts as UTC. A local time that a change of the offset skips is moved on by the gap; of one that happens twice, the first counts.
    Raises ValueError if it is outside the years 1 to 9999 in UTC.
    """
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone_of(time_zone), fold=0)
    try:
        return local.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


def zone_of(time_zone: str | None) -> ZoneInfo:
    """Return the time zone with this IANA name; UTC if it is unknown."""
    try:
        return ZoneInfo(time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
