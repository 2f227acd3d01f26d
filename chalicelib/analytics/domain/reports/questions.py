"""The questions that a report answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from chalicelib.analytics.enums import FunnelOrder

MAX_DAYS = 366
"""The longest range of a report."""
MAX_WINDOW_SECONDS = 90 * 86_400
MAX_SAME_NAME = 4
"""The maximum number of steps with one event name in an unordered funnel: every subset of them is counted."""
_DAY_SECONDS = 86_400

Scalar: TypeAlias = str | bool | int


class Period(StrEnum):
    """The unit of a retention report. A week is an ISO week."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Events with this name whose data has these values by key."""

    name: str
    where: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """How many persons did the steps. An attempt begins between two days (inclusive) and may end after them.

    The window of `window_seconds` begins with the attempt's first event and includes its last moment.
    """

    steps: tuple[EventFilter, ...]
    order: FunnelOrder
    window_seconds: int
    first_day: date
    last_day: date

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day whose events count. Time zones differ by up to 26 hours: two more days."""
        days = -(-self.window_seconds // _DAY_SECONDS) + 2
        return self.first_day, self.last_day + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class RetentionQuestion:
    """How many persons of a start period return in the later ones.

    With `first_time` a person starts once: on the first day ever of a known user, else the first in the range.
    """

    start: EventFilter
    returning: EventFilter
    period: Period
    first_time: bool
    first_day: date
    last_day: date

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day whose events count."""
        return self.first_day, self.last_day


Question: TypeAlias = FunnelQuestion | RetentionQuestion
