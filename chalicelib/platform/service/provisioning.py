"""Provisioning of a store's database as its owner sees it: request, progress, retry and cancellation of the job.

Uses no SQL: a worker (`provisioning_worker`) runs the job.
"""

from __future__ import annotations

from typing import Any

from chalicelib.kit import attempts, ids, messages
from chalicelib.kit.errors import Conflict, Problem
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.database_errors import JobEnded, JobNotCancelable, JobNotRetryable
from chalicelib.platform.domain.provisioning import Step
from chalicelib.platform.enums import DatabaseType, JobKind
from chalicelib.platform.errors import StoreDeleting, StoreProvisioned
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import database_states, provisioning_jobs
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.schemas.databases import Database
from chalicelib.platform.schemas.provisioning import (
    JobAccepted,
    JobDue,
    JobQuery,
    JobRead,
    JobReport,
    JobStatusRead,
    StoreJobRead,
)
from chalicelib.platform.service import failed_jobs, free_shared_stores, job_reports
from chalicelib.platform.service.connection_counts import count_connection
from chalicelib.platform.service.database_jobs import QUEUED, accepted_job, new_job
from chalicelib.platform.service.job_requests import (
    CERTIFICATE,
    JobRequest,
    new_request,
    seal_request,
    store_certificate_of,
)
from chalicelib.platform.service.provisioning_details import LEGACY_SOURCE

TABLE_COUNT = 14
"""The tables of a store, which only the worker may import."""


class _AnotherJob(Conflict):
    """Another job became active, or the store has a database."""


def request_provisioning(store: Store, database: Database, requested_by: str) -> tuple[JobAccepted, bool]:
    """Start the job that creates the store's database, or return the one in progress. Also returns whether it is new.

    A new job on a server that the owner names counts as a connection test. Raises StoreProvisioned, StoreDeleting,
    FreeStoresLimit, TooManyRequests.
    """
    job = new_place_job(store.id, JobKind.PROVISION, new_request(database), requested_by)
    return request_place_job(store, job, database, StoreProvisioned("The store has a database."))


def request_place_job(
    store: Store, job: ProvisioningJob, database: Database, refusal: Problem
) -> tuple[JobAccepted, bool]:
    """Start a job that creates a place, or return the job in progress. Also returns whether the job is new.

    Each server that the owner names for a new job counts as a connection test. Raises `refusal` if the store's database
    does not allow the job, FreeStoresLimit, TooManyRequests.
    """
    if store.active_job is None:
        servers = (database.type is not DatabaseType.SHARED) + (LEGACY_SOURCE in (job.cursor or {}))
        counted = [count_connection(store) for _ in range(servers)]
        try:
            _begin_job(store, job, database)
        except _AnotherJob:
            for each in counted:
                attempts.take_back(each)
            store = get_store(store.id)
        else:
            return accepted_job(job), True
    if store.deletion_due_at is not None:
        raise StoreDeleting
    if store.active_job is None:
        raise refusal
    return accepted_job(provisioning_jobs.get(store.id, store.active_job)), False


def get_job_status(store_id: str, job_id: str) -> JobStatusRead:
    """Return the progress of a job of the store. Raises JobNotFound."""
    job = provisioning_jobs.get(store_id, job_id)
    return JobStatusRead(
        status=job.status,
        progress=job.progress,
        message=job.message or QUEUED,
        tables_created=job.tables_created,
        total_tables=job.total_tables,
        error_code=job.error_code,
        error_message=job.error_message,
        report=JobReport.model_validate(job_reports.load_linked_report(job)) if job.report else None,
    )


def retry_job(store: Store, job_id: str) -> JobAccepted:
    """Start a failed job again with its sealed request, which counts as a connection test. A job in progress is returned.

    Raises JobNotFound, JobNotRetryable, TooManyRequests.
    """
    job = provisioning_jobs.get(store.id, job_id)
    if job.unfinished != provisioning_jobs.RUNNING:
        counted = count_connection(store)
        try:
            _restart_job(job, store)
        except JobNotRetryable:
            attempts.take_back(counted)
            raise
        job = provisioning_jobs.get(store.id, job_id)
    messages.publish(JobDue(store_id=store.id, job_id=job_id))
    return accepted_job(job)


def cancel_job(store_id: str, job_id: str) -> JobAccepted:
    """Request that a worker ends the job and drops the empty tables that it created.

    A failed job whose tables the store may use counts as ended. Raises JobNotFound, JobEnded, JobNotCancelable.
    """

    def decide(unit: UnitOfWork) -> ProvisioningJob:
        job = provisioning_jobs.get(store_id, job_id)
        if job.unfinished is None:
            raise JobEnded
        if job.kind is JobKind.DROP:
            raise JobNotCancelable
        if job.unfinished == provisioning_jobs.RETRYABLE:
            failed_jobs.stage_failed_cancellation(unit, job, JobEnded())
            return job
        if job.step != Step.CANCEL:
            provisioning_jobs.stage_cancellation(unit.transaction, job)
        unit.publish(JobDue(store_id=store_id, job_id=job_id))
        return job

    job = run_unit_of_work(decide)
    return JobAccepted(job_id=job_id, status=job.status, message="Canceling the job")


def list_store_jobs(store_id: str, page: PageRequest) -> PageResult[StoreJobRead]:
    """Return a page of the store's jobs, newest first."""
    return provisioning_jobs.list_by_store(store_id, page).map(StoreJobRead.of)


def list_jobs(query: JobQuery, page: PageRequest) -> PageResult[JobRead]:
    """Return a page of the jobs in progress, or of the failed ones that can be retried, for operators."""
    kind = provisioning_jobs.RETRYABLE if query.retryable else provisioning_jobs.RUNNING
    return provisioning_jobs.list_by_lease(kind, page).map(JobRead.of)


def new_place_job(
    store_id: str, kind: JobKind, request: JobRequest, requested_by: str, notes: dict[str, Any] | None = None
) -> ProvisioningJob:
    """Return a job that makes a place for the store's tables. `notes` are the first ones, beside the certificate's address."""
    job_id, certificate = ids.new(), store_certificate_of(store_id, request.database)
    return new_job(
        store_id,
        job_id,
        kind,
        requested_by,
        total_tables=TABLE_COUNT,
        cursor=({CERTIFICATE: certificate} if certificate else {}) | (notes or {}),
        request=seal_request(job_id, request),
    )


def _begin_job(store: Store, job: ProvisioningJob, database: Database) -> None:
    """Write the job, make it the store's active one and publish it. Raises _AnotherJob, FreeStoresLimit."""

    def decide(unit: UnitOfWork) -> None:
        unit.transaction.add(job)
        database_states.stage_begin(unit.transaction, store, job, _AnotherJob())
        if database.type is DatabaseType.SHARED:
            free_shared_stores.stage_free_store(unit.transaction, store)
        unit.publish(JobDue(store_id=store.id, job_id=job.id))

    run_unit_of_work(decide)


def _restart_job(job: ProvisioningJob, store: Store) -> None:
    """Make a failed job the store's active job again.

    The removal of an old place is never an active job. Raises JobNotRetryable, also for a takeover from a legacy
    database whose store got a database since.
    """
    if LEGACY_SOURCE in (job.cursor or {}) and store.database_type is not None:
        raise JobNotRetryable("The store has a database.")
    with Transaction() as transaction:
        provisioning_jobs.stage_retry(transaction, job, JobNotRetryable())
        if job.kind is not JobKind.DROP:
            database_states.stage_begin(transaction, store, job, JobNotRetryable())
