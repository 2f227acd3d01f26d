"""Periods of a move: the drain of earlier changes after the pause begins, and the retention of the old place."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.platform.domain.transfers import LEASE

CALL_DRAIN = timedelta(seconds=30)
"""A call of the data API that was admitted before ends within this time: its function is stopped after 29 s."""
TRANSFER_DRAIN = LEASE
"""A transfer finishes the batch that it began before the pause within this time: the lease of its worker."""
TRANSFER_POLL = timedelta(seconds=10)
OLD_PLACE_KEPT = timedelta(days=7)
"""The old place of a store stays this long after a move or a restore."""


def remaining_drain(frozen_at: datetime, now: datetime, *, has_transfer: bool) -> timedelta:
    """Return the remaining drain at `now`; zero if no change that began before `frozen_at` can still be running.

    `has_transfer`: a transfer of the store's rows still has a lease. It reads the store's status before each batch.
    """
    calls = frozen_at + CALL_DRAIN - now
    if calls > timedelta(0):
        return calls
    transfers = frozen_at + TRANSFER_DRAIN - now
    return min(TRANSFER_POLL, transfers) if has_transfer and transfers > timedelta(0) else timedelta(0)
