"""Due dates of reports by e-mail, and the days that they cover."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)
_SUNDAY = 6


class ReportRhythm(StrEnum):
    """The app setting `report`."""

    OFF = "off"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


def rhythm_of(setting: object) -> ReportRhythm:
    """Return the rhythm in a merchant's settings; an unknown value counts as off."""
    is_known = isinstance(setting, str) and setting in list(ReportRhythm)
    return ReportRhythm(str(setting)) if is_known else ReportRhythm.OFF


def due_period(rhythm: ReportRhythm, ended_day: date) -> tuple[date, date] | None:
    """Return the first and the last day of the report that is due after a day; None if none is.

    Weeks end on Sundays (ISO 8601), months on their last day.
    """
    if rhythm is ReportRhythm.WEEKLY and ended_day.weekday() == _SUNDAY:
        return ended_day - 6 * _DAY, ended_day
    if rhythm is ReportRhythm.MONTHLY and (ended_day + _DAY).day == 1:
        return ended_day.replace(day=1), ended_day
    return None
