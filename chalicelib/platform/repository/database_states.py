"""The columns of a store that its jobs and its connection change: database, status, active job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Otherwise, Transaction, update_if
from chalicelib.platform.enums import DatabaseStatus, JobKind
from chalicelib.platform.models import ProvisioningJob, Store


def stage_begin(transaction: Transaction, store: Store, job: ProvisioningJob, otherwise: Otherwise) -> None:
    """Make a job the store's active job in the transaction.

    The commit raises `otherwise` if the store does not allow it. A store without a database may be provisioned, or
    moved out of a legacy database; every other job needs one.
    """
    if job.kind is JobKind.BACKUP:
        stage_backup_begin(transaction, store.id, job.id, otherwise)
    elif job.kind is JobKind.PROVISION or (job.kind is JobKind.MOVE and store.database_type is None):
        stage_job_begin(transaction, store.id, job.id, otherwise)
    else:
        stage_job_of_database(transaction, store.id, job.id, otherwise)


def status_in_use(store: Store) -> DatabaseStatus | None:
    """Return the status of a database that no job changes; None if the store has none."""
    return DatabaseStatus.DELETING if store.deletion_due_at is not None else status_without_deletion(store)


def status_without_deletion(store: Store) -> DatabaseStatus | None:
    """Return the status of a database that no job changes, whether the store is being deleted or not."""
    if store.database_type is None:
        return None
    return DatabaseStatus.ACTIVE if store.is_active else DatabaseStatus.SUSPENDED


def stage_job_begin(transaction: Transaction, store_id: str, job_id: str, otherwise: Otherwise) -> None:
    """Make a job the store's active one in the transaction.

    It raises `otherwise` if another job is active or the store has a database.
    """
    has_none = Store.database_status.does_not_exist() | (Store.database_status == DatabaseStatus.FAILED)
    change = _begin_of_job(job_id, Store.database_status.set(DatabaseStatus.PROVISIONING))
    transaction.update(Store(store_id), change, _has_no_job() & has_none, otherwise)


def stage_job_of_database(transaction: Transaction, store_id: str, job_id: str, otherwise: Otherwise) -> None:
    """Make a job the store's active job in the transaction; the store's database stays in use.

    It raises `otherwise` if another job is active or the store has no database in use.
    """
    is_in_use = Store.database_status.is_in(DatabaseStatus.ACTIVE, DatabaseStatus.SUSPENDED)
    transaction.update(Store(store_id), _begin_of_job(job_id), _has_no_job() & is_in_use, otherwise)


def stage_backup_begin(transaction: Transaction, store_id: str, job_id: str, otherwise: Otherwise) -> None:
    """Make a backup the store's active job in the transaction, also while the store is suspended or being deleted.

    It raises `otherwise` if another job is active or the store has no database that can be read.
    """
    is_readable = Store.database_type.exists() & Store.database_status.is_in(
        DatabaseStatus.ACTIVE, DatabaseStatus.SUSPENDED, DatabaseStatus.DELETING
    )
    transaction.update(Store(store_id), _begin_of_job(job_id), _has_no_job() & is_readable, otherwise)


def stage_cancellation_begin(transaction: Transaction, job: ProvisioningJob, otherwise: Otherwise) -> None:
    """Make the cancellation of a failed job the store's active job in the transaction, also while it is being deleted.

    The status of the database stays. It raises `otherwise` if another job is active, or if the store has the database
    that a job of this kind provisions.
    """
    condition = _has_no_job()
    if job.kind is JobKind.PROVISION:
        condition &= Store.database_type.does_not_exist()
    transaction.update(Store(job.store_id), _begin_of_job(job.id), condition, otherwise)


def pause_changes(store_id: str, job_id: str) -> None:
    """Pause changes of the store until its active job ends. Raises WriteConflict if another job is active."""
    is_in_use = Store.database_status.is_in(DatabaseStatus.ACTIVE, DatabaseStatus.SUSPENDED, DatabaseStatus.MOVING)
    actions: list[Action] = [Store.database_status.set(DatabaseStatus.MOVING), *_touched()]
    if not update_if(Store(store_id), actions, (Store.active_job == job_id) & is_in_use):
        raise WriteConflict


def stage_job_end(
    transaction: Transaction, store: Store, job_id: str, status: DatabaseStatus | None, columns: Mapping[str, Any]
) -> None:
    """End the store's active job in the transaction, with the status of the database (None: it has none).

    `store` was read for this decision: the commit raises WriteConflict if it was suspended, reactivated, deleted or
    undeleted since, or if another job is active.
    """
    attributes = Store.get_attributes()
    actions: list[Action] = [
        Store.active_job.remove(),
        Store.database_status.remove() if status is None else Store.database_status.set(status),
        *(attributes[name].set(value) for name, value in columns.items()),
        *_touched(),
    ]
    due = store.deletion_due_at
    is_same = (
        (Store.active_job == job_id)
        & (Store.is_active == store.is_active)
        & (Store.deletion_due_at.does_not_exist() if due is None else Store.deletion_due_at == due)
    )
    transaction.update(Store(store.id), actions, is_same, WriteConflict())


def stage_job_release(transaction: Transaction, store_id: str, job_id: str) -> None:
    """End the store's active job in the transaction; the status of the database stays.

    Raises WriteConflict there if another job is active.
    """
    actions: list[Action] = [Store.active_job.remove(), *_touched()]
    transaction.update(Store(store_id), actions, Store.active_job == job_id, WriteConflict())


def stage_end_without_result(
    transaction: Transaction, store: Store, job: ProvisioningJob, without_database: DatabaseStatus | None
) -> None:
    """Update the store in the transaction for a job that failed or was canceled.

    A store that was being provisioned then has the status `without_database`; every other keeps its database in use. A
    job that drops an old place is no active job of its store.
    """
    if job.kind is JobKind.BACKUP:
        stage_job_release(transaction, store.id, job.id)
    elif job.kind is not JobKind.DROP:
        is_first = job.kind is JobKind.PROVISION and store.deletion_due_at is None
        status = without_database if is_first else status_in_use(store)
        stage_job_end(transaction, store, job.id, status, {})


def stage_connection_change(transaction: Transaction, store: Store, host: str) -> None:
    """Make the store's engines connect again in the transaction. Raises WriteConflict there if the connection changed."""
    actions: list[Action] = [
        Store.database_host.set(host),
        Store.config_version.set(store.config_version + 1),
        *_touched(),
    ]
    transaction.update(Store(store.id), actions, Store.config_version == store.config_version, WriteConflict())


def _has_no_job() -> Condition:
    """Return the condition that the store exists and no job of it is active."""
    condition: Condition = Store.id.exists() & Store.active_job.does_not_exist()
    return condition


def _begin_of_job(job_id: str, *actions: Action) -> list[Action]:
    """Return what makes a job the store's active one, with other changes."""
    return [Store.active_job.set(job_id), *actions, *_touched()]


def _touched() -> list[Action]:
    """Return what every change of a store's documented columns writes."""
    return [Store.version.add(1), Store.updated_at.set(clock.now())]
