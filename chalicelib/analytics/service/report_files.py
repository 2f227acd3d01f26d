"""The objects of the lake that a report reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from chalicelib.analytics.models import EventDay
from chalicelib.analytics.repository import event_days, lake
from chalicelib.kit.errors import WriteConflict

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class DayFiles:
    """The days of a report. `has_parts`: parts may wait, so that an event may be in several objects."""

    tenant: str
    days: list[EventDay]

    @property
    def byte_count(self) -> int:
        """The size of the days' objects as of their last computation."""
        return sum(day.byte_count for day in self.days)

    @property
    def has_parts(self) -> bool:
        return any(day.dirty for day in self.days)

    def firsts(self) -> bytes | None:
        """Return the first days of the tenant's known users, or None."""
        stored = lake.find_firsts(self.tenant)
        return stored.content if stored else None

    def iterate_contents(self) -> Iterator[bytes]:
        """Iterate over the objects of the days and their parts. Raises WriteConflict if a day keeps changing."""
        for day in self.days:
            if day.dirty:
                yield from self._with_parts(day)
            elif united := lake.find_day(self.tenant, day.day):
                yield united.content

    def _with_parts(self, day: EventDay) -> Iterable[bytes]:
        """Return the day and its parts. A part that is gone was united: read the day again."""
        for _ in range(_ATTEMPTS):
            _, keys = lake.list_day(self.tenant, day.day)
            parts = [lake.read_part(key) for key in keys]
            united = lake.find_day(self.tenant, day.day)
            contents = [part for part in parts if part is not None]
            if len(contents) == len(parts):
                return [*([united.content] if united else []), *contents]
        raise WriteConflict


def of_tenant(tenant: str, first_day: date, last_day: date) -> DayFiles:
    """Return the days of a tenant from `first_day` to `last_day`."""
    return DayFiles(tenant, event_days.list_by_tenant(tenant, first_day, last_day))
