"""Which check-ins count for the couple, and the dates on which both members checked in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol


class CheckinFields(Protocol):
    """The fields of a check-in that decide whether it counts for the couple."""

    @property
    def user_id(self) -> str: ...
    @property
    def checkin_date(self) -> date: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def in_pause(self) -> bool: ...


def counts_for_couple(row: CheckinFields | None, activated_at: datetime | None) -> bool:
    """Return whether the partner may know of the check-in: not of one from before the couple, or of a pause."""
    return row is not None and activated_at is not None and not row.in_pause and row.recorded_at >= activated_at


def couple_days(rows: Iterable[CheckinFields], activated_at: datetime | None) -> set[date]:
    """Return the dates that have counting check-ins of two members."""
    authors: dict[date, set[str]] = {}
    for row in rows:
        if counts_for_couple(row, activated_at):
            authors.setdefault(row.checkin_date, set()).add(row.user_id)
    return {day for day, members in authors.items() if len(members) > 1}
