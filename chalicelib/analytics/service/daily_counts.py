"""Daily counts for other contexts."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from chalicelib.analytics.repository import rollups


class Count(TypedDict):
    """How often an event occurred on a day with one value, and its distinct persons."""

    count: int
    visitors: int


def daily_counts(tenant: str, event: str, first_day: date, last_day: date) -> dict[date, dict[str, Count]]:
    """Return the counts of an event by day and value, from `first_day` to `last_day`.

    The value is empty if the site splits the event by no property, or if the event lacks it. Days without the event are
    missing.
    """
    days: dict[date, dict[str, Count]] = {}
    for row in rollups.list_event_counts(tenant, event, first_day, last_day):
        days.setdefault(row.day, {})[row.value] = {"count": row.event_count, "visitors": row.visitors}
    return days


def count_sessions(tenant: str, day: date) -> int:
    """Return the number of visits that began on a day, as of the last computation."""
    traffic = rollups.find_traffic(tenant, day)
    return traffic.visits if traffic else 0
