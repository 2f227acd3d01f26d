"""The last backup of a store that is removed: the one of its deletion, or one more attempt. Uses no SQL."""

from __future__ import annotations

from chalicelib.kit import ids, logs
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.provisioning import OUTAGE_DELAY
from chalicelib.platform.enums import DatabaseStatus, JobKind, JobStatus
from chalicelib.platform.repository import database_states, provisioning_jobs
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.backups.requests import new_backup_job
from chalicelib.platform.service.job_runs import JobRun, Postponed

_NAMESPACE = "8a5d1c0e-3d0b-4b43-9f0a-6f3f2f0f7c55"

log = logs.logger("platform")


def require_last_backup(run: JobRun) -> bool:
    """Return whether the store was backed up since its deletion, after one more attempt if it was not.

    True for a store without a database. No other job of the store is active. Raises Postponed until the attempt ends.
    """
    if run.store.database_type is None or _has_backup(run):
        return True
    attempt_id = ids.derived(_NAMESPACE, run.job.id)
    attempt = provisioning_jobs.find(attempt_id)
    if attempt is None and run.store.database_status is DatabaseStatus.DELETING:
        _begin_attempt(run, attempt_id)
        raise Postponed(OUTAGE_DELAY)
    log.error("store removed without a backup", extra={"job": run.job.id, "store": run.store.id})
    return False


def _has_backup(run: JobRun) -> bool:
    return any(
        job.kind is JobKind.BACKUP and job.status is JobStatus.COMPLETED and job.completed_at >= run.job.created_at
        for job in provisioning_jobs.iterate_jobs(run.store.id)
    )


def _begin_attempt(run: JobRun, attempt_id: str) -> None:
    def decide(unit: UnitOfWork) -> None:
        unit.transaction.add(new_backup_job(run.store.id, run.job.requested_by, attempt_id))
        database_states.stage_backup_begin(unit.transaction, run.store.id, attempt_id, WriteConflict())
        unit.publish(JobDue(store_id=run.store.id, job_id=attempt_id))

    run_unit_of_work(decide)
