"""Quota rows: read as a state, written only if the version is still the one read. Stored bytes are a plain counter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.retries import CONFLICT_ATTEMPTS, attempts, retry_conflicts
from chalicelib.kit.tables import Table, Transaction, get_many, update_if
from chalicelib.studio.domain.quota import MEGABYTE, QuotaState, free_bytes, month_of
from chalicelib.studio.errors import StorageExceeded
from chalicelib.studio.models import Quota


def get_or_default(shop: str) -> Quota:
    """Return the shop's quota, read consistently; the default one if it has no row yet."""
    try:
        return Quota.get(shop, consistent_read=True)
    except Quota.DoesNotExist:
        return default_quota(shop)


def get_with_rows(shop: str, keys: Sequence[tuple[type[Table], tuple[str, ...]]]) -> tuple[Quota, list[Table | None]]:
    """Return the shop's quota, or the default one, and the rows of `keys`, with one consistent BatchGetItem."""
    quota_keys: list[tuple[type[Table], tuple[str, ...]]] = [(Quota, (shop,))]
    quota_row, *rows = get_many([*quota_keys, *keys], consistent=True)
    return quota_row if isinstance(quota_row, Quota) else default_quota(shop), rows


def default_quota(shop: str) -> Quota:
    """Return a quota with the default limits, not written yet (version 0)."""
    now = clock.now()
    return Quota(shop_id=shop, last_reset_date=month_of(now), created_at=now, updated_at=now)


def quota_state(row: Quota) -> QuotaState:
    """Return the row as the state that the rules in `domain/quota.py` decide on."""
    return QuotaState(
        monthly_limit=row.monthly_generation_limit,
        concurrent_limit=row.max_concurrent_generations,
        storage_limit_mb=row.storage_quota_mb,
        used=row.current_generations,
        total=row.total_generations,
        storage_mb=row.current_storage_mb,
        month=month_of(row.last_reset_date),
        leases={name: clock.parse(until) for name, until in row.leases.items()},
        daily=_daily(row.daily_generations),
    )


def stage_state(transaction: Transaction, row: Quota, state: QuotaState, byte_count: int = 0) -> None:
    """Add the write of `state`, decided on `row`, to the transaction, which fails with WriteConflict if `row` is stale.

    `byte_count` is the change in stored bytes that the same transaction makes.
    """
    now = clock.now()
    if row.version == 0:
        row.current_storage_mb = _megabytes(byte_count)
        transaction.add(_first_version(row, state, now), WriteConflict())
        return
    transaction.update(
        Quota(row.shop_id),
        actions=[
            _add_bytes(byte_count),
            Quota.current_generations.set(state.used),
            Quota.total_generations.set(state.total),
            Quota.last_reset_date.set(state.month),
            Quota.leases.set(_leases_json(state)),
            Quota.daily_generations.set(_daily_json(state)),
            Quota.version.set(row.version + 1),
            Quota.updated_at.set(now),
        ],
        condition=Quota.version == row.version,
        otherwise=WriteConflict(),
    )


def write_with_bytes(
    shop: str, byte_count: int, stage: Callable[[Transaction], None], *, limited: bool = False
) -> None:
    """Commit the writes that `stage` adds, and the change in stored bytes, in one transaction.

    Raises StorageExceeded if `limited` and the bytes do not fit, concurrent writes included; WriteConflict after eight
    changes of the quota row. A failed condition of `stage` is not retried here.
    """

    for _ in attempts(CONFLICT_ATTEMPTS):
        condition = _room_condition(shop, byte_count) if limited and byte_count > 0 else Quota.shop_id.exists()
        stale = WriteConflict()
        try:
            with Transaction() as transaction:
                stage(transaction)
                if byte_count:
                    transaction.update(Quota(shop), [_add_bytes(byte_count)], condition, otherwise=stale)
        except WriteConflict as conflict:
            if conflict is not stale:
                raise
            _ensure_row(shop)
        else:
            return
    raise WriteConflict


def _room_condition(shop: str, byte_count: int) -> Any:
    """Return the condition on the quota row that leaves room for the bytes. Raises StorageExceeded if there is none."""
    row = get_or_default(shop)
    if byte_count > free_bytes(quota_state(row)):
        raise StorageExceeded
    most = row.storage_quota_mb - _megabytes(byte_count)
    return (Quota.storage_quota_mb == row.storage_quota_mb) & (Quota.current_storage_mb <= most)


def set_limits(shop: str, limits: dict[str, int]) -> None:
    """Write new limits, by column. A concurrent decision on the quota gets a WriteConflict and decides again."""
    actions: list[Action] = [getattr(Quota, name).set(value) for name, value in limits.items()]
    actions += [Quota.version.add(1), Quota.updated_at.set(clock.now())]

    def write() -> None:
        if not update_if(Quota(shop), actions, Quota.shop_id.exists()):
            _ensure_row(shop)
            raise WriteConflict

    retry_conflicts(write)


def set_visitor_limits(shop: str, limits: dict[str, Any], check: Callable[[Quota], None]) -> Quota:
    """Write the limits per visitor and return the row. `check` raises if the stored row must not be changed.

    A concurrent unit of work on the quota gets a WriteConflict and is retried.
    """
    actions: list[Action] = [
        Quota.visitor_limits.set(limits),
        Quota.version.add(1),
        Quota.updated_at.set(clock.now()),
    ]

    def write() -> Quota:
        row = get_or_default(shop)
        check(row)
        if not row.version:
            _ensure_row(shop)
        if not row.version or not update_if(row, actions, Quota.version == row.version):
            raise WriteConflict
        return row

    return retry_conflicts(write)


def iterate_by_month(month: datetime) -> Iterator[str]:
    """Yield the shops whose quota still counts the month that begins at `month`."""
    return (row.shop_id for row in Quota.by_last_reset_date.query(month))


def update_state(shop: str, decide: Callable[[QuotaState], QuotaState]) -> None:
    """Write what `decide` makes of the shop's state, if it has a row. Raises WriteConflict if the row changed."""
    row = get_or_default(shop)
    if row.version:
        with Transaction() as transaction:
            stage_state(transaction, row, decide(quota_state(row)))


def _add_bytes(byte_count: int) -> Action:
    return Quota.current_storage_mb.add(_megabytes(byte_count))


def _megabytes(byte_count: int) -> Decimal:
    return Decimal(byte_count) / MEGABYTE


def _ensure_row(shop: str) -> None:
    """Write the default quota unless the shop has one."""
    row = _first_version(default_quota(shop), quota_state(default_quota(shop)), clock.now())
    try:
        with Transaction() as transaction:
            transaction.add(row, WriteConflict())
    except WriteConflict:
        return  # a concurrent request wrote it


def _first_version(row: Quota, state: QuotaState, now: datetime) -> Quota:
    row.current_generations, row.total_generations = state.used, state.total
    row.leases, row.last_reset_date = _leases_json(state), state.month
    row.daily_generations = _daily_json(state)
    row.version, row.updated_at = 1, now
    return row


def _leases_json(state: QuotaState) -> dict[str, str]:
    return {name: clock.iso(until) for name, until in state.leases.items()}


def _daily_json(state: QuotaState) -> list[Any]:
    """Return the newest counted day and the counts back from it: short, because the row should stay under 1 KB."""
    newest, oldest = max(state.daily, default=date.max), min(state.daily, default=date.max)
    days = [newest - timedelta(days=ago) for ago in range((newest - oldest).days + 1)]
    return [newest.isoformat(), *(state.daily.get(day, 0) for day in days)] if state.daily else []


def _daily(stored: list[Any]) -> dict[date, int]:
    newest = date.fromisoformat(stored[0]) if stored else date.max
    return {newest - timedelta(days=ago): count for ago, count in enumerate(stored[1:]) if count}
