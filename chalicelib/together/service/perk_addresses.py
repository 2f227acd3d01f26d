"""Addresses of perks: removed 90 days after the last change of a perk that is shipped, done or cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.together.enums import PerkStatus
from chalicelib.together.repository import perks

KEEP = timedelta(days=90)
OVERLAP = timedelta(days=1)
"""Days before the last run that a run looks at once more: an index is eventually consistent."""
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


def remove_old_addresses(due: datetime, last_completed: datetime | None) -> int:
    """Remove the addresses that became due since the last completed run, and return the number of perks.

    Each perk is read in two runs, whatever the number of older ones. Repeated, it changes nothing.
    """
    since = last_completed - KEEP - OVERLAP if last_completed is not None else _FIRST
    count = 0
    for status in (PerkStatus.SHIPPED, PerkStatus.DONE, PerkStatus.CANCELLED):
        for key in perks.iterate_unchanged(status, since, due - KEEP):
            count += perks.remove_address(key)
    return count
