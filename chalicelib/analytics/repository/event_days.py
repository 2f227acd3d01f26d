"""The days of the lake: when each is due, who computes it, and what the last computation was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zlib import crc32

from pynamodb.expressions.update import Action

from chalicelib.analytics.models import EventDay
from chalicelib.kit import clock
from chalicelib.kit.tables import get_many, readable_rows, update_if

SHARDS = 8
CLOSED_AFTER = timedelta(hours=72)
"""After the end of the day in every time zone."""
WAITING = timedelta(hours=1)
"""A day that waits in the queue is sent again after this time."""
_WESTERNMOST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day that is due, and since when."""

    tenant: str
    day: date
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DayLease:
    """The right to compute a day until `until`. `parts` is the number of parts so far.

    `is_repair`: the computation before did not finish, or it repaired one that did not and may still have been writing.
    `is_second` is true of the latter.
    """

    tenant: str
    day: date
    fence: int
    until: datetime
    parts: int
    is_repair: bool
    is_second: bool


@dataclass(frozen=True, slots=True)
class DayResult:
    """The outcome of a computation. `due_at` is when the day is due again, None if nothing is pending."""

    event_count: int
    byte_count: int
    due_at: datetime | None


def shard_of(tenant: str) -> str:
    """Return the shard of a tenant's days in the index of due days."""
    return str(crc32(tenant.encode()) % SHARDS)


def mark_parts_due(tenant: str, day: date, parts: int, now: datetime) -> None:
    """Make a day due at once, because `parts` parts were stored. A closed day opens again."""
    arrived: Action = EventDay.oldest_part_at.set(EventDay.oldest_part_at | now)
    _mark(tenant, day, now, [EventDay.parts.add(parts), EventDay.is_closed.set(False), arrived])


def mark_due(tenant: str, day: date, due_at: datetime) -> None:
    """Make a day due at `due_at`, or earlier if it is due earlier; do nothing if it has no events.

    The number of parts rises, so that a computation in progress leaves the mark.
    """
    if find(tenant, day) is not None:
        _mark(tenant, day, due_at, [EventDay.parts.add(1)])


def _mark(tenant: str, day: date, due_at: datetime, actions: list[Action]) -> None:
    row = EventDay(tenant, day)
    end = datetime.combine(day, time(), clock.now().tzinfo)
    actions = [*actions, EventDay.dirty.set(shard_of(tenant)), EventDay.expires_epoch.set(end + EventDay.KEEP)]
    is_later = EventDay.due_at.does_not_exist() | (EventDay.due_at > due_at)
    if not update_if(row, [*actions, EventDay.due_at.set(due_at)], is_later):
        update_if(row, actions, EventDay.tenant.exists())


def iterate_due(now: datetime) -> Iterator[DueDay]:
    """Iterate over the days due at `now`, the longest due of a shard first."""
    for shard in range(SHARDS):
        rows = EventDay.by_dirty.query(str(shard), EventDay.due_at <= now)
        for row in readable_rows(rows):
            yield DueDay(row.tenant, row.day, row.due_at)


def oldest_part_at(now: datetime) -> datetime | None:
    """Return when the oldest part arrived that no computation has read; None without such a part."""
    moments: list[datetime] = []
    batch: list[tuple[type[EventDay], tuple[str, date]]] = []
    for shard in range(SHARDS):
        for row in readable_rows(EventDay.by_dirty.query(str(shard), EventDay.due_at <= now + WAITING)):
            batch.append((EventDay, (row.tenant, row.day)))
            if len(batch) == 100:
                moments += _part_moments(batch)
                batch = []
    return min([*moments, *_part_moments(batch)], default=None)


def _part_moments(batch: list[tuple[type[EventDay], tuple[str, date]]]) -> list[datetime]:
    return [row.oldest_part_at for row in get_many(batch) if row and row.oldest_part_at]


def postpone(due: DueDay, now: datetime) -> bool:
    """Move a due day on by an hour, when it is sent. Returns False if another run or a computation has changed it."""
    return update_if(EventDay(due.tenant, due.day), [EventDay.due_at.set(now + WAITING)], EventDay.due_at == due.due_at)


def find(tenant: str, day: date) -> EventDay | None:
    """Return the day's row, or None."""
    try:
        return EventDay.get(tenant, day)
    except EventDay.DoesNotExist:
        return None


def list_by_tenant(tenant: str, first_day: date, last_day: date) -> list[EventDay]:
    """Return the tenant's days from `first_day` to `last_day`, in order."""
    return list(EventDay.query(tenant, EventDay.day.between(first_day, last_day)))


def lease(tenant: str, day: date, seconds: int) -> DayLease | None:
    """Lease a day for a computation of at most `seconds`. Returns None if it is leased or has no row."""
    now = clock.now()
    row, until = EventDay(tenant, day), now + timedelta(seconds=seconds)
    is_free = EventDay.leased_until.does_not_exist() | (EventDay.leased_until < now)
    actions: list[Action] = [EventDay.fence.add(1), EventDay.leased_until.set(until)]
    if not update_if(row, actions, EventDay.tenant.exists() & is_free):
        return None
    last = row.fence - 1
    return DayLease(
        tenant,
        day,
        row.fence,
        until,
        row.parts,
        is_repair=row.generation != last,
        is_second=row.generation == -last < 0,
    )


def release(lease: DayLease) -> None:
    """Release the lease of a computation that failed."""
    update_if(EventDay(lease.tenant, lease.day), [EventDay.leased_until.remove()], EventDay.fence == lease.fence)


def finish(lease: DayLease, result: DayResult) -> bool:
    """Store the result and release the lease. Returns False if another computation has leased the day since.

    The due mark goes, unless `result` has a due time. If parts arrived since the lease, the day stays due at once.
    The generation of a first repair is negative: the next computation repairs, too, because the one that did not finish
    may have written until its lease expired.
    """
    now, row = clock.now(), EventDay(lease.tenant, lease.day)
    is_first_repair = lease.is_repair and not lease.is_second
    end = datetime.combine(lease.day + timedelta(days=1), time(), now.tzinfo) + _WESTERNMOST
    stored: list[Action] = [
        EventDay.generation.set(-lease.fence if is_first_repair else lease.fence),
        EventDay.event_count.set(result.event_count),
        EventDay.byte_count.set(result.byte_count),
        EventDay.computed_at.set(now),
        EventDay.is_closed.set(now >= end + CLOSED_AFTER),
        EventDay.leased_until.remove(),
    ]
    is_mine = EventDay.fence == lease.fence
    if update_if(row, [*stored, *_next_mark(lease.tenant, result.due_at)], is_mine & (EventDay.parts == lease.parts)):
        return True
    pending: list[Action] = [EventDay.due_at.set(now), EventDay.dirty.set(shard_of(lease.tenant))]
    return update_if(row, [*stored, *pending, EventDay.oldest_part_at.set(now)], is_mine)


def _next_mark(tenant: str, due_at: datetime | None) -> list[Action]:
    if due_at is None:
        return [EventDay.dirty.remove(), EventDay.due_at.remove(), EventDay.oldest_part_at.remove()]
    return [EventDay.dirty.set(shard_of(tenant)), EventDay.due_at.set(due_at), EventDay.oldest_part_at.remove()]
