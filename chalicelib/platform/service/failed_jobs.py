"""Cancellation of a failed job: a worker removes the place that it created. Uses no SQL."""

from __future__ import annotations

from chalicelib.kit.tables import Otherwise
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository import database_states, provisioning_jobs
from chalicelib.platform.schemas.provisioning import JobDue


def stage_failed_cancellation(unit: UnitOfWork, job: ProvisioningJob, otherwise: Otherwise) -> None:
    """Make cancellation the next step of a failed job, and the job its store's active one.

    The commit raises `otherwise` if another job is active, or if the store uses the job's tables.
    """
    provisioning_jobs.stage_cancellation(unit.transaction, job)
    database_states.stage_cancellation_begin(unit.transaction, job, otherwise)
    unit.publish(JobDue(store_id=job.store_id, job_id=job.id))


def cancel_failed_job(store_id: str, job_id: str, otherwise: Otherwise) -> None:
    """Cancel a job if it has failed and keeps its request.

    Raises `otherwise` as `stage_failed_cancellation`, also if the store does not exist.
    """

    def decide(unit: UnitOfWork) -> None:
        job = provisioning_jobs.get(store_id, job_id)
        if job.unfinished == provisioning_jobs.RETRYABLE:
            stage_failed_cancellation(unit, job, otherwise)

    run_unit_of_work(decide)
