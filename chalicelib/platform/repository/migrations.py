"""Rows of fleet migrations: runs, and the migration of each store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, get_many, update_if
from chalicelib.platform.database_errors import MigrationInProgress, MigrationRunNotFound
from chalicelib.platform.enums import MigrationRunStatus, StoreMigrationStatus
from chalicelib.platform.models import MigrationRun, Store, StoreMigration

_RUNNING = unique_values.value_key("platform", "migration_runs", "status", MigrationRunStatus.RUNNING)
"""The unique value of the run in progress."""
_OPEN = (StoreMigrationStatus.PENDING, StoreMigrationStatus.RUNNING)


def add_run(row: MigrationRun) -> None:
    """Store a new run. Raises MigrationInProgress while another one is running."""
    with Transaction() as transaction:
        transaction.add(row)
        unique_values.claim(transaction, _RUNNING, row.id, MigrationInProgress())


def get_run(run_id: str) -> MigrationRun:
    """Return a run, read consistently. Raises MigrationRunNotFound."""
    try:
        return MigrationRun.get(run_id, consistent_read=True)
    except MigrationRun.DoesNotExist:
        raise MigrationRunNotFound from None


def list_runs(page: PageRequest) -> PageResult[MigrationRun]:
    """Return a page of runs, newest first."""
    query = MigrationRun.by_start.query(
        MigrationRun.FLEET, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
    )
    keys = query_page(query)
    rows = get_many([(MigrationRun, (row.id,)) for row in keys.items])
    return PageResult([row for row in rows if row is not None], keys.last_key)


def add_store_migrations(run_id: str, rows: Sequence[StoreMigration]) -> None:
    """Add the rows that the run does not have yet (at most 30), and count them."""
    existing = get_many([(StoreMigration, (run_id, row.store_id)) for row in rows], consistent=True)
    missing = [row for row, known in zip(rows, existing, strict=True) if known is None]
    if not missing:
        return
    skipped = sum(row.status is StoreMigrationStatus.SKIPPED for row in missing)
    with Transaction() as transaction:
        for row in missing:
            transaction.put(row, StoreMigration.store_id.does_not_exist())
        counts = [MigrationRun.total.add(len(missing)), MigrationRun.skipped.add(skipped)]
        transaction.update(MigrationRun(run_id), counts)


def mark_listed(run_id: str) -> None:
    """Note that each store has its row."""
    MigrationRun(run_id).update([MigrationRun.is_listed.set(True)])


def mark_others_started(run_id: str) -> bool:
    """Note that the stores after the canary are started. Returns False if a store failed or the run has ended."""
    actions: list[Action] = [MigrationRun.has_started_others.set(True)]
    is_running = MigrationRun.status == MigrationRunStatus.RUNNING
    return update_if(MigrationRun(run_id), actions, is_running & (MigrationRun.failed == 0))


def list_by_status(run_id: str, status: StoreMigrationStatus, page: PageRequest) -> PageResult[StoreMigration]:
    """Return a page of a run's stores with a status."""
    query = StoreMigration.by_status.query(
        run_id, StoreMigration.status == status, limit=page.limit, last_evaluated_key=page.start
    )
    keys = query_page(query)
    rows = get_many([(StoreMigration, (run_id, row.store_id)) for row in keys.items])
    return PageResult([row for row in rows if row is not None and row.status is status], keys.last_key)


def list_pending(run_id: str, page: PageRequest) -> PageResult[StoreMigration]:
    """Return a page of a run's pending stores, read consistently: the index may not have the newest rows."""
    return query_page(
        StoreMigration.query(
            run_id,
            filter_condition=StoreMigration.status == StoreMigrationStatus.PENDING,
            consistent_read=True,
            limit=page.limit,
            last_evaluated_key=page.start,
        )
    )


def mark_running(run_id: str, store_id: str) -> StoreMigration | None:
    """Mark a store's migration as running and return its row; None if it has ended or is unknown."""
    actions: list[Action] = [
        StoreMigration.status.set(StoreMigrationStatus.RUNNING),
        StoreMigration.updated_at.set(clock.now()),
    ]
    row = StoreMigration(run_id, store_id)
    return row if update_if(row, actions, StoreMigration.status.is_in(*_OPEN)) else None


def note_statement(run_id: str, store_id: str, statement: int) -> None:
    """Note the statement that is executed next."""
    actions: list[Action] = [StoreMigration.statement.set(statement), StoreMigration.updated_at.set(clock.now())]
    StoreMigration(run_id, store_id).update(actions)


def finish_store(row: StoreMigration, status: StoreMigrationStatus, **columns: Any) -> None:
    """Store the result of a store's migration, its revision if it has one now, and count it.

    Does nothing if another worker did.
    """
    counter = {
        StoreMigrationStatus.COMPLETED: MigrationRun.done,
        StoreMigrationStatus.FAILED: MigrationRun.failed,
        StoreMigrationStatus.SKIPPED: MigrationRun.skipped,
    }[status]
    actions = [StoreMigration.status.set(status), StoreMigration.updated_at.set(clock.now())]
    actions += [getattr(StoreMigration, name).set(value) for name, value in columns.items() if value is not None]
    with suppress(WriteConflict), Transaction() as transaction:
        is_open = StoreMigration.status.is_in(*_OPEN)
        transaction.update(StoreMigration(row.run_id, row.store_id), actions, is_open, otherwise=WriteConflict())
        transaction.update(MigrationRun(row.run_id), [counter.add(1)])
        if status is StoreMigrationStatus.COMPLETED:
            transaction.update(
                Store(row.store_id), [Store.schema_revision.set(columns["to_revision"])], Store.id.exists()
            )


def end_run(run_id: str, status: MigrationRunStatus) -> bool:
    """End a run, and allow the next one. Returns False if it has ended."""
    actions: list[Action] = [MigrationRun.status.set(status), MigrationRun.completed_at.set(clock.now())]
    is_running = MigrationRun.status == MigrationRunStatus.RUNNING
    try:
        with Transaction() as transaction:
            transaction.update(MigrationRun(run_id), actions, is_running, otherwise=WriteConflict())
            unique_values.release(transaction, _RUNNING, run_id)
    except WriteConflict:
        return False
    return True
