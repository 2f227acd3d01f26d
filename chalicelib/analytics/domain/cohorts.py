"""Cohorts: the users of one ISO week of sign-up and channel, and how many of them are active in each week since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.analytics.domain.open_days import LATENESS

MAX_PERIODS = 104
"""The last period: two years after the week of the sign-up."""
_WEEK = timedelta(days=7)
_WESTERNMOST = timedelta(hours=12)
_RATE = Decimal("0.000001")

CohortKey = tuple[date, str]
"""The Monday and the channel."""


@dataclass(frozen=True, slots=True)
class Period:
    """A cohort in the n-th week since its own. `lifetime_value` is cumulated, per user."""

    number: int
    active_users: int
    retention_rate: Decimal
    lifetime_value: Decimal
    is_complete: bool


def monday(day: date) -> date:
    """Return the Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def first_week(today: date) -> date:
    """Return the Monday of the oldest cohort that still has a period to compute."""
    return monday(today) - MAX_PERIODS * _WEEK


def cohort_name(tenant: str, cohort: CohortKey) -> str:
    """Return the hash key of a cohort: `<tenant>#YYYY-Www#<channel>`."""
    week, channel = cohort
    year, number, _ = week.isocalendar()
    return f"{tenant}#{year}-W{number:02}#{channel}"


def periods(
    week: date, size: int, activity: Mapping[int, tuple[int, Decimal]], now: datetime, today: date
) -> Iterator[Period]:
    """Yield the periods of a cohort that have begun. `activity` has the active users and the revenue by period."""
    revenue = Decimal(0)
    for number in range(min(MAX_PERIODS, (monday(today) - week) // _WEEK) + 1):
        active_users, paid = activity.get(number, (0, Decimal(0)))
        revenue += paid
        end = datetime.combine(week + (number + 1) * _WEEK, time(), now.tzinfo) + _WESTERNMOST
        yield Period(
            number, active_users, _ratio(Decimal(active_users), size), _ratio(revenue, size), now >= end + LATENESS
        )


def _ratio(amount: Decimal, size: int) -> Decimal:
    return (amount / size).quantize(_RATE, ROUND_HALF_UP)
