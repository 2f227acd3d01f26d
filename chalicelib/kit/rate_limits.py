"""Rate limiter: each caller reserves the next turn under a name (e.g. a website), and waits for it elsewhere."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from chalicelib.kit import clock, retries
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import put_if

_ATTEMPTS = 10


def reserve_turn(name: str, interval: timedelta, horizon: timedelta) -> datetime | None:
    """Reserve the next turn under the name and return when it begins. Two turns begin at least `interval` apart.

    `interval` is in whole seconds. Returns None, and reserves nothing, if the next turn begins after `horizon`. The row
    expires after the last turn. Raises Unavailable if too many callers reserve concurrently.
    """
    for _ in retries.attempts(_ATTEMPTS):
        now = clock.now()
        stored = _find(name)
        begins = _whole_second(max(now, stored.expires_epoch or now) if stored else now)
        if begins - now > horizon:
            return None
        row = UniqueValue(guard=name, owner="turns", created_at=now, expires_epoch=begins + interval)
        column = UniqueValue.expires_epoch
        unchanged = UniqueValue.guard.does_not_exist() if stored is None else column == stored.expires_epoch
        if put_if(row, unchanged):
            return begins
    raise Unavailable("Too many concurrent reservations; retry.")


def _find(name: str) -> UniqueValue | None:
    try:
        return UniqueValue.get(name, consistent_read=True)
    except UniqueValue.DoesNotExist:
        return None


def _whole_second(moment: datetime) -> datetime:
    return datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC)
