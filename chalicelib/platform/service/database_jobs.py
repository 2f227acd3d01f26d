"""Jobs of a store that has a database in use: backup, move, restore. At most one is in progress."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.provisioning import ORDERS
from chalicelib.platform.enums import JobKind, JobStatus
from chalicelib.platform.errors import StoreDeleting, StoreNotProvisioned
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import database_states, provisioning_jobs
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.schemas.provisioning import JobAccepted, JobDue

QUEUED = "Waiting for a worker"


class _AnotherJob(Conflict):
    """Another job became active, or the store has no database in use."""


def new_job(store_id: str, job_id: str, kind: JobKind, requested_by: str, **columns: Any) -> ProvisioningJob:
    """Return the row of a job that is due now, with additional columns."""
    now = clock.now()
    row = ProvisioningJob(
        job_id,
        store_id=store_id,
        kind=kind,
        status=JobStatus.PENDING,
        message=QUEUED,
        step=ORDERS[kind][0],
        cursor={},
        requested_by=requested_by,
        lease_until=now,
        unfinished=provisioning_jobs.RUNNING,
        created_at=now,
        updated_at=now,
    )
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def begin_job(store: Store, job: ProvisioningJob) -> tuple[JobAccepted, bool]:
    """Make the job active and queue it, or return the job in progress. Also returns whether the job is new.

    Raises StoreDeleting, StoreNotProvisioned.
    """

    def decide(unit: UnitOfWork) -> None:
        unit.transaction.add(job)
        database_states.stage_begin(unit.transaction, store, job, _AnotherJob())
        unit.publish(JobDue(store_id=store.id, job_id=job.id))

    if store.active_job is None:
        try:
            run_unit_of_work(decide)
        except _AnotherJob:
            store = get_store(store.id)
        else:
            return accepted_job(job), True
    if store.deletion_due_at is not None:
        raise StoreDeleting
    if store.active_job is None:
        raise StoreNotProvisioned
    return accepted_job(provisioning_jobs.get(store.id, store.active_job)), False


def accepted_job(job: ProvisioningJob) -> JobAccepted:
    """Return the response with the id of a job."""
    return JobAccepted(job_id=job.id, status=job.status, message=job.message or QUEUED)
