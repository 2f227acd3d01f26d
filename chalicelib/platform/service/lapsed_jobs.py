"""Jobs and transfers whose lease has expired, and failed jobs that can no longer be retried."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.kit import clock, logs, messages
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import JobNotRetryable
from chalicelib.platform.domain.provisioning import ORDERS, OUTAGE_DELAY, Step
from chalicelib.platform.enums import JobKind
from chalicelib.platform.errors import StoreBusy
from chalicelib.platform.metrics import LONGEST_LAPSED_JOB
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository import provisioning_jobs, transfers
from chalicelib.platform.repository.stores import find_stores
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service import failed_jobs

log = logs.logger("platform")


def resume_jobs(due: datetime) -> None:
    """Queue the jobs whose lease has ended, and end the failed jobs that were not retried.

    A worker removes the place that such a job created. A failed removal of a place is tried again.
    """
    longest = timedelta(0)
    for job_id in provisioning_jobs.iterate_lapsed(provisioning_jobs.RUNNING, due - OUTAGE_DELAY):
        job = provisioning_jobs.find(job_id)
        if job is not None and job.lease_until is not None:
            longest = max(longest, clock.now() - job.lease_until)
            messages.publish(JobDue(store_id=job.store_id, job_id=job.id))
    LONGEST_LAPSED_JOB.record(longest)
    for job_id in provisioning_jobs.iterate_lapsed(provisioning_jobs.RETRYABLE, due):
        job = provisioning_jobs.find(job_id)
        if job is not None and job.kind is JobKind.DROP:
            _retry_removal(job)
        elif job is None or not _cancel_job(job):
            provisioning_jobs.remove_request(job_id)


def _cancel_job(job: ProvisioningJob) -> bool:
    """Let a worker remove the place that a failed job created. Returns False if there is none, or the store uses it.

    While another job of the store is active, the failed one waits.
    """
    store = next(iter(find_stores([job.store_id])), None)
    has_place = Step.PLACE in ORDERS[job.kind]
    if store is None or not has_place or (job.kind is JobKind.PROVISION and store.database_type is not None):
        return False
    try:
        failed_jobs.cancel_failed_job(job.store_id, job.id, StoreBusy())
    except StoreBusy:
        log.info("failed job waits for its store's active job", extra={"job": job.id, "store": job.store_id})
    return True


def _retry_removal(job: ProvisioningJob) -> None:
    """Start a failed removal again: no user retries it, and the data must be removed. A concurrent retry stands."""
    with suppress(JobNotRetryable), Transaction() as transaction:
        provisioning_jobs.stage_retry(transaction, job, JobNotRetryable())
    messages.publish(JobDue(store_id=job.store_id, job_id=job.id))


def resume_transfers(due: datetime) -> None:
    """Queue the transfers whose lease has ended, and those that waited for their store."""
    for store_id, transfer_id in transfers.iterate_lapsed(due):
        if transfers.requeue(store_id, transfer_id):
            messages.publish(TransferDue(store_id=store_id, transfer_id=transfer_id))
