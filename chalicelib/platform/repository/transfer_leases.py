"""Leases of the transfers of rows, for jobs that wait until a store's rows are not changed."""

from __future__ import annotations

from datetime import datetime

from chalicelib.platform.models import Transfer


def has_leased_transfer(store_id: str, now: datetime) -> bool:
    """Return whether a transfer of the store has a lease. Reads the leased transfers of all stores; keys only."""
    leased = Transfer.by_lease.query(Transfer.RUNNING, Transfer.lease_until > now)
    return any(key.store_id == store_id for key in leased)
