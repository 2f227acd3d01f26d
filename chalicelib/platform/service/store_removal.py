"""Removal of a deleted store after its grace period: its last backup if it has none, its places, its subscription, its slug, then its rows.

Every part is idempotent. `retention` erases the rows when it receives StoreDeleted.
"""

from __future__ import annotations

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.kit import logs, messages
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.kit.tables import Transaction
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.provisioning import COMPLETE, OUTAGE_DELAY
from chalicelib.platform.domain.slugs import deleted_slug
from chalicelib.platform.enums import JobKind, JobStatus
from chalicelib.platform.errors import StoreNotProvisioned
from chalicelib.platform.repository import integration_configs, provisioning_jobs, stores
from chalicelib.platform.repository.integration_configs import StoredPlace
from chalicelib.platform.schemas.store_messages import StoreDeleted
from chalicelib.platform.service import failed_jobs
from chalicelib.platform.service.backups.last_backups import require_last_backup
from chalicelib.platform.service.job_requests import unseal_details
from chalicelib.platform.service.job_runs import JobRun, Postponed
from chalicelib.platform.service.moves import old_places
from chalicelib.platform.service.store_deletion import WITH_TABLES

log = logs.logger("platform")


def drop_places(run: JobRun) -> None:
    """Remove the old place of a store that moved, or a deleted store, depending on the job's request."""
    details = unseal_details(run.job)
    if WITH_TABLES in details:
        remove_store(run, with_tables=details[WITH_TABLES])
    else:
        old_places.drop_place_of(run)


def remove_store(run: JobRun, *, with_tables: bool) -> None:
    """Drop what Backroom created at all places of the store, end its subscription, and publish StoreDeleted.

    Raises Postponed while another job of the store is active or a shared server cannot be used, Unavailable for the
    first attempts if an owner's server cannot.
    """
    _remove_failed_places(run)
    is_backed_up = require_last_backup(run)
    left = [
        name
        for place, has_tables in _places(run, with_tables=with_tables)
        for name in old_places.drop_or_wait(run, place, with_tables=has_tables)
    ]
    billing.leave(OwnerType.STORE, run.store.id)
    _reserve_slug(run.store.id)
    messages.publish(StoreDeleted(store_id=run.store.id, deleted_at=run.store.deletion_due_at))
    text = "The store is removed" if is_backed_up else "The store is removed. Its last backup failed"
    end = {"status": JobStatus.COMPLETED, "progress": COMPLETE, "message": text}
    with Transaction() as transaction:
        provisioning_jobs.stage_end(transaction, run.job, {**end, "report": {"left": left}})
    log.info(
        "store removed", extra={"job": run.job.id, "store": run.store.id, "left": len(left), "backup": is_backed_up}
    )


def _remove_failed_places(run: JobRun) -> None:
    """Let workers remove the places of the store's failed jobs, one after the other. Raises Postponed until they have."""
    active = run.store.active_job and provisioning_jobs.find(run.store.active_job)
    if active and active.unfinished == provisioning_jobs.RUNNING:
        raise Postponed(OUTAGE_DELAY)
    for job in provisioning_jobs.iterate_failed_places(run.store.id):
        if job.kind is not JobKind.PROVISION or run.store.database_type is None:
            failed_jobs.cancel_failed_job(run.store.id, job.id, WriteConflict())
            raise Postponed(OUTAGE_DELAY)


def _places(run: JobRun, *, with_tables: bool) -> list[tuple[StoredPlace, bool]]:
    """Return the old places that are not dropped yet, and the current one; each with whether its tables are dropped.

    The drop of an old place may have begun or failed: it is repeated here.
    """
    places = [
        old_places.sealed_place(job)
        for job in provisioning_jobs.iterate_jobs(run.store.id)
        if job.kind is JobKind.DROP and job.unfinished is not None and job.id != run.job.id
    ]
    try:
        places.append((integration_configs.load_stored_place(run.store), with_tables))
    except (StoreNotProvisioned, DecryptionFailed):
        log.info("store has no place to drop", extra={"store": run.store.id})
    return places


def _reserve_slug(store_id: str) -> None:
    """Rename the store, so that its slug stays reserved for 90 days after its row is erased."""

    def decide(unit: UnitOfWork) -> None:
        row = stores.get_store(store_id)
        slug = deleted_slug(store_id)
        if row.slug != slug:
            stores.stage_columns(unit.transaction, row, {"slug": slug})

    run_unit_of_work(decide)
