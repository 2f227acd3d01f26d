"""Quota rows: read as a state, written back only over the version that was read. Stored bytes are a plain counter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.studio.domain.quota import MEGABYTE, State, month_of, room
from chalicelib.studio.errors import StorageExceeded
from chalicelib.studio.models import Quota


class Overtaken(Conflict):
    """Another request changed the quota first: read it again and decide anew."""


class _Changed(Conflict):
    """The shop has no quota row yet, or not the limit or the room that it had."""


def find(shop: str) -> Quota:
    """The shop's quota, as it stands; one of the defaults where it has none yet."""
    try:
        return Quota.get(shop, consistent_read=True)
    except Quota.DoesNotExist:
        return fresh(shop)


def fresh(shop: str) -> Quota:
    """A quota of the defaults, not written yet."""
    now = clock.now()
    return Quota(shop_id=shop, last_reset_date=month_of(now), created_at=now, updated_at=now)


def state_of(row: Quota) -> State:
    """What the rules decide on."""
    return State(
        monthly_limit=row.monthly_generation_limit,
        concurrent_limit=row.max_concurrent_generations,
        storage_limit_mb=row.storage_quota_mb,
        used=row.current_generations,
        total=row.total_generations,
        storage_mb=row.current_storage_mb,
        month=month_of(row.last_reset_date),
        leases={name: clock.parse(until) for name, until in row.leases.items()},
    )


def write(transaction: Transaction, row: Quota, state: State, byte_count: int = 0) -> None:
    """Make the state that was decided on `row` part of the transaction, which fails with Overtaken if it is stale.

    `byte_count` is what is stored more (or less) by the same transaction.
    """
    now = clock.now()
    if row.version == 0:
        row.current_storage_mb = _megabytes(byte_count)
        transaction.add(_first(row, state, now), Overtaken())
        return
    transaction.update(
        Quota(row.shop_id),
        actions=[
            _count(byte_count),
            Quota.current_generations.set(state.used),
            Quota.total_generations.set(state.total),
            Quota.last_reset_date.set(state.month),
            Quota.leases.set(_leases(state)),
            Quota.version.set(row.version + 1),
            Quota.updated_at.set(now),
        ],
        condition=Quota.version == row.version,
        otherwise=Overtaken(),
    )


def write_counting(shop: str, byte_count: int, writes: Callable[[Transaction], None], *, limited: bool = False) -> None:
    """Commit `writes` together with so many bytes more (or fewer) stored: a crash cannot part them.

    Raises StorageExceeded where more is `limited` and does not fit, also with what others store at the same moment.
    """
    while True:
        free = _room_for(shop, byte_count) if limited and byte_count > 0 else Quota.shop_id.exists()
        try:
            with Transaction() as transaction:
                writes(transaction)
                if byte_count:
                    transaction.update(Quota(shop), [_count(byte_count)], condition=free, otherwise=_Changed())
        except _Changed:
            _make(shop)
        else:
            return


def _room_for(shop: str, byte_count: int) -> Any:
    """What must hold of the quota's row, that so many bytes more fit. Raises StorageExceeded where they do not now."""
    row = find(shop)
    if byte_count > room(state_of(row)):
        raise StorageExceeded
    most = row.storage_quota_mb - _megabytes(byte_count)
    return (Quota.storage_quota_mb == row.storage_quota_mb) & (Quota.current_storage_mb <= most)


def limit(shop: str, limits: dict[str, int]) -> None:
    """Write new limits, by column. Whoever decides on the quota at the same moment decides anew."""
    actions: list[Action] = [getattr(Quota, name).set(value) for name, value in limits.items()]
    actions += [Quota.version.add(1), Quota.updated_at.set(clock.now())]
    while not update_if(Quota(shop), actions, Quota.shop_id.exists()):
        _make(shop)


def iterate_idle(month: datetime) -> Iterator[str]:
    """The shops whose quota still counts the month that begins at `month`."""
    return (row.shop_id for row in Quota.by_last_reset_date.query(month))


def roll(shop: str, decide: Callable[[State], State]) -> None:
    """Write what is decided on the shop's quota. Raises Overtaken where somebody else was faster."""
    row = find(shop)
    if row.version:
        with Transaction() as transaction:
            write(transaction, row, decide(state_of(row)))


def _count(byte_count: int) -> Action:
    return Quota.current_storage_mb.add(_megabytes(byte_count))


def _megabytes(byte_count: int) -> Decimal:
    return Decimal(byte_count) / MEGABYTE


def _make(shop: str) -> None:
    row = fresh(shop)
    try:
        with Transaction() as transaction:
            transaction.add(_first(row, state_of(row), row.created_at), Overtaken())
    except Overtaken:
        return  # somebody else made it: that is all that was wanted


def _first(row: Quota, state: State, now: datetime) -> Quota:
    row.current_generations, row.total_generations = state.used, state.total
    row.leases, row.last_reset_date = _leases(state), state.month
    row.version, row.updated_at = 1, now
    return row


def _leases(state: State) -> dict[str, str]:
    return {name: clock.iso(until) for name, until in state.leases.items()}
