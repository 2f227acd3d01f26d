"""Jobs and transfers whose lease has expired, and failed jobs that can no longer be retried."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import clock, messages
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import JobNotRetryable
from chalicelib.platform.domain.provisioning import OUTAGE_DELAY
from chalicelib.platform.enums import JobKind
from chalicelib.platform.metrics import LONGEST_LAPSED_JOB
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository import provisioning_jobs, transfers
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.schemas.transfers import TransferDue


def resume_jobs(due: datetime) -> None:
    """Queue the jobs whose lease has ended, and remove the requests of failed jobs that were not retried.

    A failed removal of a place is tried again.
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
        else:
            provisioning_jobs.remove_request(job_id)


def _retry_removal(job: ProvisioningJob) -> None:
    """Start a failed removal again: no user retries it, and the data must be removed."""
    with Transaction() as transaction:
        provisioning_jobs.stage_retry(transaction, job, JobNotRetryable())
    messages.publish(JobDue(store_id=job.store_id, job_id=job.id))


def resume_transfers(due: datetime) -> None:
    """Queue the transfers whose lease has ended, and those that waited for their store."""
    for store_id, transfer_id in transfers.iterate_lapsed(due):
        if transfers.requeue(store_id, transfer_id):
            messages.publish(TransferDue(store_id=store_id, transfer_id=transfer_id))
