"""Occurrences of important dates, and when to remind of them."""

from __future__ import annotations

from datetime import MAXYEAR, date
from typing import NamedTuple


class Reminder(NamedTuple):
    """An occurrence of a date and the date on which to remind of it."""

    occurs_on: date
    remind_on: date


def next_on(date_value: date, is_recurring: bool, today: date) -> date | None:
    """Return the first occurrence on or after `today`, not before `date_value`; None if it is over.

    A recurring February 29 occurs on February 28 in common years.
    """
    if not is_recurring or date_value >= today:
        return date_value if date_value >= today else None
    this_year = _in_year(date_value, today.year)
    if this_year >= today:
        return this_year
    return _in_year(date_value, today.year + 1) if today.year < MAXYEAR else None


def next_reminder(date_value: date, is_recurring: bool, days_before: int, today: date) -> Reminder | None:
    """Return the next occurrence and the date `days_before` it, `today` if that is past; None if it is over.

    Once the reminder of an occurrence is sent, call it again with the date after `occurs_on` as `today`.
    """
    occurs_on = next_on(date_value, is_recurring, today)
    if occurs_on is None:
        return None
    return Reminder(occurs_on, date.fromordinal(max(occurs_on.toordinal() - days_before, today.toordinal())))


def _in_year(value: date, year: int) -> date:
    try:
        return value.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
