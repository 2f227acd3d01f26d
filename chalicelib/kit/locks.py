"""Leases in DynamoDB with fencing tokens, for schedules and other work that must not run concurrently."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids
from chalicelib.kit.models import Lock
from chalicelib.kit.tables import update_if


@dataclass(frozen=True, slots=True)
class Lease:
    """An acquired lock. `fence` increases with every holder, so that writes of an earlier holder can be rejected.

    `watermark` was stored by the last completed run: its due time, so that a missed run can be caught up.
    """

    name: str
    holder: str
    fence: int
    watermark: str | None


def acquire(name: str, seconds: int) -> Lease | None:
    """Acquire the lock for at most `seconds`. Returns None while another holder's lease has not expired."""
    holder, now = ids.new(), clock.now()
    row = Lock(name)
    actions = [
        Lock.holder.set(holder),
        Lock.held_until.set(now + timedelta(seconds=seconds)),
        Lock.fence.add(1),
    ]
    if not update_if(row, actions, Lock.held_until.does_not_exist() | (Lock.held_until < now)):
        return None
    return Lease(name, holder, row.fence, row.watermark)


def extend(lease: Lease, seconds: int, watermark: str | None = None) -> bool:
    """Extend the lease to `seconds` from now and store a watermark. Returns False if another holder has the lock."""
    actions: list[Action] = [Lock.held_until.set(clock.now() + timedelta(seconds=seconds))]
    if watermark is not None:
        actions.append(Lock.watermark.set(watermark))
    return update_if(Lock(lease.name), actions, Lock.holder == lease.holder)


def release(lease: Lease, watermark: str | None = None) -> bool:
    """Release the lock and store a watermark. Returns False if another holder has the lock."""
    actions: list[Action] = [Lock.held_until.remove(), Lock.holder.remove()]
    if watermark is not None:
        actions.append(Lock.watermark.set(watermark))
    return update_if(Lock(lease.name), actions, Lock.holder == lease.holder)


def watermark(name: str) -> str | None:
    """Return the watermark of the last completed run, or None."""
    try:
        return Lock.get(name).watermark
    except Lock.DoesNotExist:
        return None
