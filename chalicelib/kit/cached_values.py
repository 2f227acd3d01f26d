"""Values that cost many reads, stored for a few minutes. One caller at a time computes a value; others get the last one.

A value is text that belongs to a data subject. Beyond DynamoDB's limit for an item it is returned, but not stored.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, logs, retries
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import CachedValue
from chalicelib.kit.tables import update_if

LIFETIME = timedelta(minutes=5)
KEEP = timedelta(days=1)
"""How long a value is shown while another caller computes the next one."""
LEASE = timedelta(seconds=15)
"""After this time another caller computes the value: the lease's owner has probably crashed."""
MAX_BYTES = 390_000
"""The largest compressed value. An item holds 400 KB with its keys."""
_ATTEMPTS = 10
"""They take up to 20 seconds for the first value, within API Gateway's limit of 29 seconds."""

log = logs.logger("kit")


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The name of a value of a data subject, e.g. `shop:<domain>:discounts` (`kit/data_subjects`) and `dashboard/30`."""

    subject: str
    name: str


def get_or_compute(key: CacheKey, compute: Callable[[], str]) -> str:
    """Return the value, at most LIFETIME old, with one read; or compute it if no other caller does.

    While another caller computes, returns the last value, or waits for the first one. Raises Unavailable if that takes
    too long.
    """
    for attempt in retries.attempts(_ATTEMPTS):
        row = _find(key, consistent=attempt > 1)
        if row is not None and _is_fresh(row):
            return compute() if row.value is None else _decompress(row.value)
        if lease := _acquire(key):
            return _compute_and_store(key, lease, compute)
        if row is not None and row.value is not None:
            return _decompress(row.value)
    raise Unavailable("The figures are being computed; retry.")


def _find(key: CacheKey, *, consistent: bool) -> CachedValue | None:
    """Return the stored row unless it has expired."""
    try:
        row = CachedValue.get(key.subject, key.name, consistent_read=consistent)
    except CachedValue.DoesNotExist:
        return None
    return row if row.expires_epoch > clock.now() else None


def _is_fresh(row: CachedValue) -> bool:
    """Return whether the row's value need not be computed again. A value that was too large is None."""
    return row.computed_at is not None and row.computed_at > clock.now() - LIFETIME


def _acquire(key: CacheKey) -> datetime | None:
    """Acquire the lease of a value that is not fresh. Returns its end; None if another caller has it."""
    now = clock.now()
    until = now + LEASE
    is_free = CachedValue.leased_until.does_not_exist() | (CachedValue.leased_until < now)
    is_stale = CachedValue.computed_at.does_not_exist() | (CachedValue.computed_at <= now - LIFETIME)
    actions = [
        CachedValue.leased_until.set(until),
        CachedValue.expires_epoch.set(CachedValue.expires_epoch | (now + KEEP)),
    ]
    return until if update_if(CachedValue(key.subject, key.name), actions, is_free & is_stale) else None


def _compute_and_store(key: CacheKey, lease: datetime, compute: Callable[[], str]) -> str:
    """Compute and store the value. If computing fails, release the lease; the last value stays."""
    started_at = clock.now()
    try:
        text = compute()
    except BaseException:
        _store(key, lease, None)
        raise
    _store(key, lease, (started_at, _compress(text)))
    return text


def _store(key: CacheKey, lease: datetime, result: tuple[datetime, str] | None) -> None:
    """End the lease and store the result, unless the lease has passed to another caller."""
    actions: list[Action] = [CachedValue.leased_until.remove()]
    if result:
        computed_at, value = result
        actions += [CachedValue.computed_at.set(computed_at), CachedValue.expires_epoch.set(computed_at + KEEP)]
        if len(value) <= MAX_BYTES:
            actions.append(CachedValue.value.set(value))
        else:
            log.warning("value not cached: too large", extra={"value": key.name, "bytes": len(value)})
            actions.append(CachedValue.value.remove())
    update_if(CachedValue(key.subject, key.name), actions, CachedValue.leased_until == lease)


def _compress(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _decompress(value: str) -> str:
    return gzip.decompress(base64.b64decode(value)).decode()
