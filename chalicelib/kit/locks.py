"""One at a time: a lease in DynamoDB with a fencing number, for schedules and other work that must not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids
from chalicelib.kit.models import Lock
from chalicelib.kit.tables import update_if


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lock. `fence` grows with every holder, so that a late writer can be told from the present one.

    `watermark` is what the last completed run left: the moment it was for, so that a missed run is caught up.
    """

    name: str
    holder: str
    fence: int
    watermark: str | None


def acquire(name: str, seconds: int) -> Lease | None:
    """Take the lock for at most `seconds`; None while another holds it. A holder that died loses it by time."""
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
    """Hold the lock for `seconds` from now on, leaving a watermark of what is done; False if it passed to another."""
    actions: list[Action] = [Lock.held_until.set(clock.now() + timedelta(seconds=seconds))]
    if watermark is not None:
        actions.append(Lock.watermark.set(watermark))
    return update_if(Lock(lease.name), actions, Lock.holder == lease.holder)


def release(lease: Lease, watermark: str | None = None) -> bool:
    """Let go, leaving a watermark of what was completed; False if the lease had passed to another."""
    actions: list[Action] = [Lock.held_until.remove(), Lock.holder.remove()]
    if watermark is not None:
        actions.append(Lock.watermark.set(watermark))
    return update_if(Lock(lease.name), actions, Lock.holder == lease.holder)


def watermark(name: str) -> str | None:
    """What the last completed holder left; None where there was none."""
    try:
        return Lock.get(name).watermark
    except Lock.DoesNotExist:
        return None
