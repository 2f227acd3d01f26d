"""The current time, in one place so that tests can set it. Always timezone-aware UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the current time in UTC, with microseconds."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current date in UTC."""
    return now().date()


def iso(moment: datetime) -> str:
    """Return a time as ISO-8601 text with `Z` and microseconds; such text sorts by time.

    Raises ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse(text: str) -> datetime:
    """Parse ISO-8601 text with an offset, such as the result of `iso`; return it in UTC.

    Raises ValueError for other text, or if the offset is missing.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment.astimezone(UTC)
