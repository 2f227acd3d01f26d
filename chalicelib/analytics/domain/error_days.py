"""The days of a group of errors: each day's count is set, so that a repeated computation changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

KEPT_DAYS = 90


def with_day(days: Mapping[str, int], day: date, count: int) -> dict[str, int]:
    """Return the counts by day, sorted, with this day's count; zero removes the day. Keep the last 90 days."""
    counts = {**days, day.isoformat(): count}
    first = date.fromisoformat(max(counts)) - timedelta(days=KEPT_DAYS - 1)
    return {name: counts[name] for name in sorted(counts) if counts[name] and name >= first.isoformat()}
