"""Shops that are frozen or closed at Shopify: jobs leave them alone, and a registration looks at them once a day. No I/O.

Source: shopify.dev/docs/api/usage/response-codes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LOOK_INTERVAL = timedelta(hours=23)
"""An unavailable shop is called at most this often. The schedule runs every six hours, so that it is once a day."""


def is_look_due(unavailable_since: datetime | None, looked_at: datetime | None, now: datetime) -> bool:
    """Return whether a schedule may call the shop: it is available, or was last called LOOK_INTERVAL ago."""
    return unavailable_since is None or looked_at is None or now - looked_at >= LOOK_INTERVAL
