"""The time, in one place so that a test can set it. Always aware, always UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """The present moment, to the microsecond."""
    return datetime.now(UTC)


def today() -> date:
    """The calendar day in UTC."""
    return now().date()


def iso(moment: datetime) -> str:
    """ISO-8601 with `Z` and microseconds, so that text sorts as time does.

    Raises ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse(text: str) -> datetime:
    """The moment that `iso`, or any ISO-8601 text with an offset, stands for.

    Raises ValueError for other text and where the offset is missing.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment.astimezone(UTC)
