"""Unavailable shops: frozen, locked or closed at Shopify. No I/O.

Jobs do not call them; a registration calls them once a day.

Source: shopify.dev/docs/api/usage/response-codes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

PROBE_INTERVAL = timedelta(hours=23)
"""Minimum time between two calls of an unavailable shop. The schedule runs every six hours, so once a day it calls the shop."""


def is_probe_due(unavailable_since: datetime | None, probed_at: datetime | None, now: datetime) -> bool:
    """Return whether a schedule may call the shop: it is available, or its last call was at least PROBE_INTERVAL ago."""
    return unavailable_since is None or probed_at is None or now - probed_at >= PROBE_INTERVAL
