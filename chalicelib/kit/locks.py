"""One at a time: a lease in DynamoDB with a fencing number, for schedules and other work that must not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids
from chalicelib.kit.models import Lock


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
    try:
        row.update(
            actions=[
                Lock.holder.set(holder),
                Lock.held_until.set(now + timedelta(seconds=seconds)),
                Lock.fence.add(1),
            ],
            condition=Lock.held_until.does_not_exist() | (Lock.held_until < now),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return None
    return Lease(name, holder, row.fence, row.watermark)


def release(lease: Lease, watermark: str | None = None) -> bool:
    """Let go, leaving a watermark of what was completed; False if the lease had passed to another."""
    actions: list[Action] = [Lock.held_until.remove(), Lock.holder.remove()]
    if watermark is not None:
        actions.append(Lock.watermark.set(watermark))
    try:
        Lock(lease.name).update(actions=actions, condition=Lock.holder == lease.holder)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def watermark(name: str) -> str | None:
    """What the last completed holder left; None where there was none."""
    try:
        return Lock.get(name).watermark
    except Lock.DoesNotExist:
        return None
