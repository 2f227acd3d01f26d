"""Deletion of a store by its owner, and its undoing. During the grace period all data stays; only calls are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.auth import Account
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.enums import DatabaseStatus, JobKind
from chalicelib.platform.errors import InvalidConfirmation, StoreBusy, StoreDeletionBegun, StoreNotDeleting
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import database_states, provisioning_jobs, stores
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.schemas.settings import DeletionGrace
from chalicelib.platform.schemas.store_messages import StoreDeletionRequested
from chalicelib.platform.schemas.stores import StoreDeletion, StoreRead
from chalicelib.platform.service import audit, settings
from chalicelib.platform.service.backups.requests import new_backup_job
from chalicelib.platform.service.database_jobs import new_job
from chalicelib.platform.service.job_requests import seal_details
from chalicelib.platform.service.store_access import get_accessible_store
from chalicelib.platform.service.stores import to_store_read

WITH_TABLES = "removal_with_tables"
"""The detail of the removal job: whether tables of Backroom on the owner's server are dropped, too."""
_NAMESPACE = "3f0c5f5e-55f6-4a51-9d6c-8a3f1b6f2a07"


def delete_store(account: Account, store_id: str, body: StoreDeletion, source_ip: str) -> StoreRead:
    """Begin a store's deletion: refuse its calls, back it up, and schedule its removal after the grace period.

    Its subscription ends now. Repeating the call changes nothing. Raises StoreNotFound, InvalidConfirmation, StoreBusy.
    """

    def decide(unit: UnitOfWork) -> None:
        row = get_accessible_store(account, store_id)
        if body.confirm != row.slug:
            raise InvalidConfirmation(errors=[{"path": "body.confirm", "message": "must be the store's slug"}])
        if row.deletion_due_at is None:
            _stage_deletion(unit, row, account.subject, drop=body.drop)
            change = Change(store_id, "platform.delete_store", f"store:{store_id}", after={"drop": body.drop})
            unit.publish(audit.message_of(account, change, source_ip))
        unit.publish(StoreDeletionRequested(store_id=store_id))

    run_unit_of_work(decide)
    return to_store_read(stores.get_store(store_id))


def undelete_store(account: Account, store_id: str, source_ip: str) -> StoreRead:
    """Undo a store's deletion within the grace period. Its subscription stays ended.

    Raises StoreNotFound, StoreNotDeleting, StoreDeletionBegun.
    """

    def decide(unit: UnitOfWork) -> None:
        row = get_accessible_store(account, store_id)
        if row.deletion_due_at is None:
            raise StoreNotDeleting
        provisioning_jobs.stage_unscheduling(unit.transaction, removal_job_id(row), StoreDeletionBegun())
        status = database_states.status_without_deletion(row)
        stores.stage_columns(unit.transaction, row, {"deletion_due_at": None, "database_status": status})
        change = Change(store_id, "platform.undelete_store", f"store:{store_id}")
        unit.publish(audit.message_of(account, change, source_ip))

    run_unit_of_work(decide)
    return to_store_read(stores.get_store(store_id))


def removal_job_id(store: Store) -> str:
    """Return the id of the job that removes a store which is being deleted."""
    return ids.derived(_NAMESPACE, store.id, clock.iso(store.deletion_due_at))


def _stage_deletion(unit: UnitOfWork, row: Store, requested_by: str, *, drop: bool) -> None:
    """Stage the store's columns, its last backup, and the job that removes it. Raises StoreBusy.

    A store without a database has nothing to back up. If a failed job created tables, the removal job drops them.
    """
    if row.active_job is not None:
        raise StoreBusy(extras={"job_id": row.active_job})
    due = clock.now() + timedelta(days=settings.read_setting(DeletionGrace).days)
    columns: dict[str, Any] = {"deletion_due_at": due, "database_status": DatabaseStatus.DELETING}
    if row.database_type is not None:
        backup = new_backup_job(row.id, requested_by)
        unit.transaction.add(backup)
        unit.publish(JobDue(store_id=row.id, job_id=backup.id))
        columns["active_job"] = backup.id
    elif (failed := _failed_job(row.id)) is not None:
        provisioning_jobs.stage_cancellation(unit.transaction, failed)
        unit.publish(JobDue(store_id=row.id, job_id=failed.id))
        columns["active_job"] = failed.id
    stores.stage_columns(unit.transaction, row, columns)
    row.deletion_due_at = due
    unit.transaction.add(_removal_job(row, due, requested_by, drop=drop))


def _failed_job(store_id: str) -> ProvisioningJob | None:
    """Return a failed job of the store whose sealed request still names the place of its tables."""
    return next(provisioning_jobs.iterate_failed_places(store_id), None)


def _removal_job(row: Store, due: datetime, requested_by: str, *, drop: bool) -> ProvisioningJob:
    job_id = removal_job_id(row)
    return new_job(
        row.id,
        job_id,
        JobKind.DROP,
        requested_by,
        message="Waiting until the grace period ends",
        request=seal_details(job_id, {WITH_TABLES: drop}),
        lease_until=due,
        unfinished=provisioning_jobs.SCHEDULED,
    )
