"""The digest of a week: numbers only, and none that one partner alone knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.together.enums import Trend

SUNDAY = 7
AHEAD = timedelta(days=14)
"""The dates of this time are counted."""
_TRENDS = {
    Trend.IMPROVING: " and it is improving",
    Trend.STEADY: " and it is steady",
    Trend.DECLINING: " and it is lower than the week before",
}


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """What a member learns about the week of their couple."""

    own_days: int
    couple_days: int
    streak: int
    score: Decimal | None
    trend: Trend | None
    dates_ahead: int


def week_name(last_day: date) -> str:
    """Return the week that ends on this day, e.g. `2031-W10` (ISO 8601)."""
    year, week, _ = last_day.isocalendar()
    return f"{year}-W{week:02}"


def ended_weeks(days: Iterable[date]) -> list[date]:
    """Return the Sundays among the days."""
    return [day for day in days if day.isoweekday() == SUNDAY]


def digest_text(facts: WeekFacts) -> str:
    """Return the text of the digest, a line for each fact."""
    lines = [
        f"You checked in on {_days(facts.own_days)}, both of you on {_days(facts.couple_days)}.",
        f"Your streak as a couple: {_days(facts.streak)}.",
    ]
    if facts.score is not None:
        trend = _TRENDS[facts.trend] if facts.trend else ""
        lines.append(f"Your score is {facts.score} of 100{trend}.")
    if facts.dates_ahead:
        lines.append(f"Important dates in the next two weeks: {facts.dates_ahead}.")
    return "\n".join(lines)


def count_couple_days(dates_of_members: Sequence[set[date]]) -> int:
    """Return the number of dates that all members have."""
    return len(set.intersection(*dates_of_members)) if dates_of_members else 0


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
