"""Do the work of a store's queues and report time and memory: store_work.py import|backup STORE ID."""

import sys

from measure import report  # type: ignore[import-not-found,unused-ignore]

from chalicelib.platform.models import ProvisioningJob, Transfer
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service import provisioning_worker
from chalicelib.platform.service.transfers import worker


def import_rows(store_id: str, transfer_id: str) -> None:
    """Run the worker of transfers until the transfer ends."""
    while Transfer.get(store_id, transfer_id, consistent_read=True).completed_at is None:
        worker.transfer_rows(TransferDue(store_id=store_id, transfer_id=transfer_id))


def back_up(store_id: str, job_id: str) -> None:
    """Run the worker of jobs until the job ends."""
    while ProvisioningJob.get(job_id, consistent_read=True).unfinished:
        provisioning_worker.run_job(JobDue(store_id=store_id, job_id=job_id))


kind, store, name = sys.argv[1:]
report(lambda: {"import": import_rows, "backup": back_up}[kind](store, name))
