"""Jobs on the databases of stores: those in progress, failed ones, those of a store; retry and cancel one."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from chalicelib.platform.domain.audit import Change, Fields
from chalicelib.platform.schemas.provisioning import JobAccepted, JobQuery
from chalicelib.platform.service import audit, provisioning
from chalicelib.platform.service.store_access import get_accessible_store
from infra.ops import actor, output
from infra.ops.pages import iterate_pages

COLUMNS = ("id", "store_id", "kind", "status", "step", "progress", "attempts", "lease_until", "error_code")
STORE_COLUMNS = ("id", "kind", "status", "progress", "created_at", "completed_at", "error_code")
_NOTHING: Fields = {}


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    list_parser = commands.add_parser("jobs", help="list the jobs in progress, the longest without a worker first")
    filters = list_parser.add_mutually_exclusive_group()
    filters.add_argument("--failed", action="store_true", help="the failed ones that can be retried")
    filters.add_argument("--store", help="all jobs of the store with this id, newest first")
    list_parser.set_defaults(run=list_jobs)
    show_parser = commands.add_parser("job", help="show a job's progress, error and report, as JSON")
    retry_parser = commands.add_parser("retry-job", help="start a failed job again, within 24 hours of its failure")
    cancel_parser = commands.add_parser("cancel-job", help="end a job and drop the empty tables that it created")
    for parser, run in ((show_parser, show_job), (retry_parser, retry_job), (cancel_parser, cancel_job)):
        parser.add_argument("store", help="the store's id")
        parser.add_argument("job", help="the job's id")
        parser.set_defaults(run=run)


def list_jobs(arguments: Namespace) -> int:
    """Write the jobs. Raises StoreNotFound."""
    if arguments.store:
        store = get_accessible_store(actor.operator(), arguments.store)
        rows = iterate_pages(partial(provisioning.list_store_jobs, store.id))
        output.write_lines(rows, STORE_COLUMNS, arguments)
        return 0
    jobs = iterate_pages(partial(provisioning.list_jobs, JobQuery(retryable=arguments.failed)))
    output.write_lines(jobs, COLUMNS, arguments)
    return 0


def show_job(arguments: Namespace) -> int:
    """Write a job of a store. Raises JobNotFound."""
    status = provisioning.get_job_status(arguments.store, arguments.job)
    output.write_result(arguments, status)
    return 0


def retry_job(arguments: Namespace) -> int:
    """Start a failed job again. Raises StoreNotFound, JobNotFound, JobNotRetryable."""
    store = get_accessible_store(actor.operator(), arguments.store)
    result = provisioning.retry_job(store, arguments.job)
    return write_requested(arguments, "platform.retry_job", result)


def cancel_job(arguments: Namespace) -> int:
    """Request the cancellation of a job. Raises StoreNotFound, JobNotFound, JobEnded."""
    store = get_accessible_store(actor.operator(), arguments.store)
    result = provisioning.cancel_job(store.id, arguments.job)
    return write_requested(arguments, "platform.cancel_job", result)


def write_requested(
    arguments: Namespace, action: str, result: JobAccepted, *, is_new: bool = True, after: Fields = _NOTHING
) -> int:
    """Write the job of the store, and publish the audit entry of its request if it is new."""
    if is_new:
        audit.publish_change(actor.operator(), Change(arguments.store, action, f"job:{result.job_id}", after=after))
    else:
        output.say("A job of this store is in progress; nothing was started.")
    output.write_result(arguments, result)
    return 0
