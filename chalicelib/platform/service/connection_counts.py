"""Counts of the connections that Backroom opens to a server for an owner: tests, changes and provisioning jobs.

Without them, a caller could guess passwords or scan networks through Backroom.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import attempts
from chalicelib.kit.attempts import CountedAttempt, Limit
from chalicelib.platform.models import Store

OWNER_LIMIT = Limit("platform/connection_test/owner", 100, timedelta(hours=1))
STORE_LIMIT = Limit("platform/connection_test/store", 10, timedelta(hours=1))


def count_connection(store: Store) -> list[CountedAttempt]:
    """Count a connection for the owner and for the store. Raises TooManyRequests."""
    return attempts.count([attempts.counter(OWNER_LIMIT, store.owner_id), attempts.counter(STORE_LIMIT, store.id)])
