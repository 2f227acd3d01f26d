"""Rows of the provisioning jobs, with the lease of the worker that runs one.

`fence` rises with each lease and with a cancellation. A worker writes only while the fence is its own. `unfinished` is
RUNNING until the job ends, RETRYABLE while a failed job keeps its sealed request, and SCHEDULED until a job begins that
is due at `lease_until`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Otherwise, Transaction, column_actions, get_many, update_if
from chalicelib.platform.database_errors import JobNotFound
from chalicelib.platform.domain.provisioning import LEASE, ORDERS, Step
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob

RUNNING, RETRYABLE, SCHEDULED = "running", "retryable", "scheduled"
CHECKED = "checked"
"""The name of a note: the number of tables whose files a restore has checked. A retry checks the whole backup again."""
_POSITION = {"step", "cursor", "tables_created"}
"""Columns with the position of a job: a change of one is progress."""


class LeaseLost(Exception):
    """Another worker has the job, or it was canceled."""


def get(store_id: str, job_id: str) -> ProvisioningJob:
    """Return a job of the store, read consistently. Raises JobNotFound."""
    row = find(job_id)
    if row is None or row.store_id != store_id:
        raise JobNotFound
    return row


def find(job_id: str) -> ProvisioningJob | None:
    """Return the job, read consistently; None if there is none."""
    try:
        return ProvisioningJob.get(job_id, consistent_read=True)
    except ProvisioningJob.DoesNotExist:
        return None


def acquire_lease(job_id: str) -> ProvisioningJob | None:
    """Lease an unfinished job and count the attempt. Returns None if it has ended or another worker has it."""
    now = clock.now()
    row = ProvisioningJob(job_id)
    is_free = ProvisioningJob.lease_holder.does_not_exist() | (ProvisioningJob.lease_until < now)
    actions: list[Action] = [
        ProvisioningJob.lease_holder.set(ids.new()),
        ProvisioningJob.lease_until.set(now + LEASE),
        ProvisioningJob.fence.add(1),
        ProvisioningJob.attempts.add(1),
        ProvisioningJob.updated_at.set(now),
    ]
    return row if update_if(row, actions, (ProvisioningJob.unfinished == RUNNING) & is_free) else None


def begin_scheduled(job_id: str) -> bool:
    """Start a scheduled job that is due. Returns whether it is running, also if an earlier call started it."""
    now = clock.now()
    actions: list[Action] = [ProvisioningJob.unfinished.set(RUNNING), ProvisioningJob.updated_at.set(now)]
    is_due = (ProvisioningJob.unfinished == SCHEDULED) & (ProvisioningJob.lease_until <= now)
    row = ProvisioningJob(job_id)
    if update_if(row, actions, is_due):
        return True
    current = find(job_id)
    return current is not None and current.unfinished == RUNNING


def save_progress(job: ProvisioningJob, columns: Mapping[str, Any]) -> None:
    """Store columns of a leased job and renew the lease. If the job's position changed, its attempts start again.

    Raises LeaseLost.
    """
    now = clock.now()
    has_moved = any(getattr(job, name) != columns[name] for name in _POSITION & columns.keys())
    actions = [
        *column_actions(ProvisioningJob, columns),
        ProvisioningJob.lease_until.set(now + LEASE),
        ProvisioningJob.attempts.set(1 if has_moved else job.attempts),
        ProvisioningJob.updated_at.set(now),
    ]
    if not update_if(job, actions, _is_own(job)):
        raise LeaseLost


def release_lease(job: ProvisioningJob, delay: timedelta = timedelta(0), *, has_failed: bool = False) -> None:
    """Release the job, which is due after `delay`, if this worker still holds it, canceled or not.

    The attempt does not count unless it `has_failed`.
    """
    actions: list[Action] = [
        ProvisioningJob.lease_holder.remove(),
        ProvisioningJob.lease_until.set(clock.now() + delay),
    ]
    if not has_failed:
        actions.append(ProvisioningJob.attempts.set(0))
    update_if(ProvisioningJob(job.id), actions, ProvisioningJob.lease_holder == job.lease_holder)


def stage_cancellation(transaction: Transaction, job: ProvisioningJob) -> None:
    """Make cancellation the next step of a job in the transaction. A worker that holds the job loses its fence.

    Raises WriteConflict there if the job ended or was leased.
    """
    now = clock.now()
    actions: list[Action] = [
        ProvisioningJob.step.set(Step.CANCEL),
        ProvisioningJob.fence.add(1),
        ProvisioningJob.unfinished.set(RUNNING),
        ProvisioningJob.attempts.set(0),
        ProvisioningJob.lease_until.set(ProvisioningJob.lease_until if job.lease_holder else now),
        ProvisioningJob.updated_at.set(now),
        ProvisioningJob.completed_at.remove(),
        ProvisioningJob.expires_epoch.remove(),
    ]
    is_same = (ProvisioningJob.fence == job.fence) & (ProvisioningJob.unfinished == job.unfinished)
    transaction.update(ProvisioningJob(job.id), actions, is_same, WriteConflict())


def stage_unscheduling(transaction: Transaction, job_id: str, otherwise: Otherwise) -> None:
    """End a scheduled job in the transaction, which raises `otherwise` if the job has begun."""
    now = clock.now()
    actions: list[Action] = [
        ProvisioningJob.status.set(JobStatus.CANCELLED),
        ProvisioningJob.request.remove(),
        ProvisioningJob.cursor.remove(),
        ProvisioningJob.unfinished.remove(),
        ProvisioningJob.lease_until.remove(),
        ProvisioningJob.completed_at.set(now),
        ProvisioningJob.updated_at.set(now),
        ProvisioningJob.expires_epoch.set(now + ProvisioningJob.KEEP),
    ]
    transaction.update(ProvisioningJob(job_id), actions, ProvisioningJob.unfinished == SCHEDULED, otherwise)


def stage_retry(transaction: Transaction, job: ProvisioningJob, otherwise: Otherwise) -> None:
    """Start a failed job again in the transaction, which raises `otherwise` if the job is not retryable."""
    now = clock.now()
    notes = {name: value for name, value in (job.cursor or {}).items() if name != CHECKED}
    names = ("error_code", "error_message", "report", "completed_at", "expires_epoch", "message")
    attributes = ProvisioningJob.get_attributes()
    actions: list[Action] = [
        ProvisioningJob.status.set(JobStatus.PENDING),
        ProvisioningJob.step.set(ORDERS[job.kind][0]),
        ProvisioningJob.unfinished.set(RUNNING),
        ProvisioningJob.lease_until.set(now),
        ProvisioningJob.attempts.set(0),
        ProvisioningJob.tables_created.set(0),
        ProvisioningJob.cursor.set(notes),
        ProvisioningJob.updated_at.set(now),
        *(attributes[name].remove() for name in names),
    ]
    is_retryable = (ProvisioningJob.unfinished == RETRYABLE) & (ProvisioningJob.status == JobStatus.FAILED)
    transaction.update(ProvisioningJob(job.id), actions, is_retryable, otherwise)


def stage_failure(
    transaction: Transaction, job: ProvisioningJob, columns: Mapping[str, Any], retryable_until: datetime
) -> None:
    """Fail a leased job in the transaction, which raises WriteConflict if the lease is lost."""
    actions: list[Action] = [
        *column_actions(ProvisioningJob, columns),
        ProvisioningJob.status.set(JobStatus.FAILED),
        ProvisioningJob.unfinished.set(RETRYABLE),
        ProvisioningJob.lease_until.set(retryable_until),
    ]
    _stage_end(transaction, job, actions)


def stage_end(transaction: Transaction, job: ProvisioningJob, columns: Mapping[str, Any]) -> None:
    """End a leased job in the transaction and remove its request. Raises WriteConflict there if the lease is lost."""
    actions: list[Action] = [
        *column_actions(ProvisioningJob, columns),
        ProvisioningJob.request.remove(),
        ProvisioningJob.cursor.remove(),
        ProvisioningJob.unfinished.remove(),
        ProvisioningJob.lease_until.remove(),
    ]
    _stage_end(transaction, job, actions)


def _stage_end(transaction: Transaction, job: ProvisioningJob, actions: list[Action]) -> None:
    now = clock.now()
    actions += [
        ProvisioningJob.lease_holder.remove(),
        ProvisioningJob.completed_at.set(now),
        ProvisioningJob.updated_at.set(now),
        ProvisioningJob.expires_epoch.set(now + ProvisioningJob.KEEP),
    ]
    transaction.update(ProvisioningJob(job.id), actions, _is_own(job), WriteConflict("the lease of the job is lost"))


def remove_request(job_id: str) -> None:
    """Remove the sealed request of a failed job whose time for a retry is over."""
    actions: list[Action] = [
        ProvisioningJob.request.remove(),
        ProvisioningJob.cursor.remove(),
        ProvisioningJob.unfinished.remove(),
        ProvisioningJob.lease_until.remove(),
    ]
    is_over = (ProvisioningJob.unfinished == RETRYABLE) & (ProvisioningJob.lease_until <= clock.now())
    update_if(ProvisioningJob(job_id), actions, is_over)


def iterate_lapsed(unfinished: str, before: datetime) -> Iterator[str]:
    """Yield the ids of the jobs of one kind of `unfinished` whose lease ended before a time; keys only."""
    for key in ProvisioningJob.by_lease.query(unfinished, ProvisioningJob.lease_until < before):
        yield key.id


def list_by_lease(unfinished: str, page: PageRequest) -> PageResult[ProvisioningJob]:
    """Return a page of the jobs of one kind of `unfinished`, the longest without a lease first; two reads."""
    keys = query_page(ProvisioningJob.by_lease.query(unfinished, limit=page.limit, last_evaluated_key=page.start))
    return _rows(keys)


def list_by_store(store_id: str, page: PageRequest, since: datetime | None = None) -> PageResult[ProvisioningJob]:
    """Return a page of the store's jobs, or of those created after a time, newest first; two reads."""
    keys = query_page(
        ProvisioningJob.by_store.query(
            store_id,
            None if since is None else ProvisioningJob.created_at > since,
            scan_index_forward=False,
            limit=page.limit,
            last_evaluated_key=page.start,
        )
    )
    return _rows(keys)


def iterate_of_store(store_id: str, unfinished: str) -> Iterator[ProvisioningJob]:
    """Yield the store's jobs of one kind of `unfinished`."""
    return (job for job in iterate_jobs(store_id) if job.unfinished == unfinished)


def iterate_failed_places(store_id: str) -> Iterator[ProvisioningJob]:
    """Yield the store's failed jobs that may have created a place, and whose request still names it."""
    return (job for job in iterate_of_store(store_id, RETRYABLE) if Step.PLACE in ORDERS[job.kind])


def iterate_jobs(store_id: str) -> Iterator[ProvisioningJob]:
    """Yield all jobs of a store, newest first."""
    page: PageResult[ProvisioningJob] | None = None
    while page is None or page.last_key is not None:
        page = list_by_store(store_id, PageRequest(limit=100, start=page.last_key if page else None))
        yield from page.items


def _rows(keys: PageResult[ProvisioningJob]) -> PageResult[ProvisioningJob]:
    rows = get_many([(ProvisioningJob, (key.id,)) for key in keys.items])
    return PageResult([row for row in rows if row is not None], keys.last_key)


def _is_own(job: ProvisioningJob) -> Any:
    return (ProvisioningJob.fence == job.fence) & (ProvisioningJob.lease_holder == job.lease_holder)
