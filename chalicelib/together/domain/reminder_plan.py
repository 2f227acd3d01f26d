"""When a member is reminded of a date, and whether a planned reminder is still the right one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from chalicelib.together.domain.moments import at, local_date
from chalicelib.together.domain.occurrences import next_on, next_reminder

_DAY = timedelta(days=1)
PREFIX = "date/"


class DateFields(Protocol):
    """The fields of a date that decide when it is reminded of."""

    @property
    def id(self) -> str: ...
    @property
    def date_value(self) -> date: ...
    @property
    def is_recurring(self) -> bool: ...
    @property
    def reminder_days_before(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder of one occurrence of a date."""

    date_id: str
    occurs_on: date
    scheduled_for: datetime

    @property
    def cause(self) -> str:
        return reminder_cause(self.date_id, self.occurs_on)


def reminder_cause(date_id: str, occurs_on: date) -> str:
    """Return the cause of the notices that remind of an occurrence: each member gets one."""
    return f"{PREFIX}{date_id}/{occurs_on}"


def parse_cause(cause: str) -> tuple[str, date]:
    """Return the date's id and the occurrence in a cause."""
    _, date_id, occurs_on = cause.split("/")
    return date_id, date.fromisoformat(occurs_on)


def plan_from(row: DateFields, today: date, hour: int, zone: str) -> PlannedReminder | None:
    """Return the reminder of the next occurrence from `today` on, at the member's hour; None if the date is over."""
    reminder = next_reminder(row.date_value, row.is_recurring, row.reminder_days_before, today)
    if reminder is None:
        return None
    return PlannedReminder(row.id, reminder.occurs_on, at(reminder.remind_on, hour, zone))


def plan_unsent(
    row: DateFields, now: datetime, place: tuple[int, str], sent: Collection[str]
) -> PlannedReminder | None:
    """Return the reminder of the first occurrence whose cause is not among the sent ones. `place`: hour and zone."""
    hour, zone = place
    planned = plan_from(row, local_date(now, zone), hour, zone)
    if planned is not None and planned.cause in sent:
        return plan_from(row, planned.occurs_on + _DAY, hour, zone)
    return planned


def is_right(row: DateFields, planned: PlannedReminder, place: tuple[int, str]) -> bool:
    """Return whether the reminder is what the date and the member's hour and zone give for its day."""
    hour, zone = place
    return plan_from(row, local_date(planned.scheduled_for, zone), hour, zone) == planned


def is_missed(row: DateFields, occurs_on: date, today: date) -> bool:
    """Return whether the date occurs on that day, and the day is over where the member is now.

    A member who flies across the date line can skip it.
    """
    value, is_recurring = row.date_value, row.is_recurring
    return next_on(value, is_recurring, occurs_on) == occurs_on and next_on(value, is_recurring, today) != occurs_on
