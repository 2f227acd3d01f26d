"""Requests for backups, and their list with links. Uses no SQL: a worker writes the backups."""

from __future__ import annotations

from chalicelib.kit import clock, ids
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.database_errors import BackupNotFound
from chalicelib.platform.domain.backup_manifests import KEPT
from chalicelib.platform.enums import JobKind, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import backup_files, provisioning_jobs
from chalicelib.platform.schemas.backups import BackupRead
from chalicelib.platform.schemas.provisioning import JobAccepted
from chalicelib.platform.service.database_jobs import begin_job, new_job

LINK_SECONDS = 900


def request_backup(store: Store, requested_by: str) -> tuple[JobAccepted, bool]:
    """Start the job that backs the store up, or return the job in progress. Also returns whether the job is new.

    A suspended store can be backed up, and one that is being deleted. Raises StoreNotProvisioned.
    """
    return begin_job(store, new_backup_job(store.id, requested_by))


def new_backup_job(store_id: str, requested_by: str, job_id: str | None = None) -> ProvisioningJob:
    """Return a job that backs a store up, with a new id unless one is given."""
    return new_job(store_id, job_id or ids.new(), JobKind.BACKUP, requested_by)


def list_backups(store_id: str, page: PageRequest, *, has_links: bool) -> PageResult[BackupRead]:
    """Return the backups among a page of the store's jobs of the last 30 days, newest first, with or without links."""
    jobs = provisioning_jobs.list_by_store(store_id, page, since=clock.now() - KEPT)
    return PageResult([_read(job, has_link=has_links) for job in jobs.items if _is_kept(job)], jobs.last_key)


def get_backup(store_id: str, backup_id: str) -> ProvisioningJob:
    """Return the job of a backup that can be restored. Raises BackupNotFound, also for another store's."""
    job = provisioning_jobs.find(backup_id)
    if job is None or job.store_id != store_id or not _is_kept(job):
        raise BackupNotFound
    return job


def _is_kept(job: ProvisioningJob) -> bool:
    is_backup = job.kind is JobKind.BACKUP and job.status is JobStatus.COMPLETED
    return is_backup and job.completed_at is not None and job.completed_at + KEPT > clock.now()


def _read(job: ProvisioningJob, *, has_link: bool) -> BackupRead:
    facts = (job.report or {})["backup"]
    return BackupRead(
        id=job.id,
        created_at=facts["created_at"],
        expires_at=job.completed_at + KEPT,
        byte_size=facts["byte_size"],
        row_count=sum(facts["tables"].values()),
        tables=facts["tables"],
        sha256=facts["sha256"],
        url=backup_files.presigned_link(facts["stored_at"], f"backup-{job.id}.zip", LINK_SECONDS) if has_link else None,
    )
