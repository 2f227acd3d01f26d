"""The worker of the jobs of stores: leases a job, runs its steps for 40 seconds, and queues it again.

A worker that crashes leaves a lease that ends; `lapsed_jobs` queues the job then. Each step may be repeated.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import clock, logs, messages
from chalicelib.kit.errors import Problem, Unavailable, WriteConflict
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import DatabaseFull, JobStuck, PrivilegeMissing, SchemaMismatch, Unreachable
from chalicelib.platform.domain.provisioning import (
    MAX_CRASHES,
    MAX_OUTAGES,
    OUTAGE_DELAY,
    RETRY_WINDOW,
    Step,
    step_after,
)
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.metrics import JOBS_STUCK
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository import database_states, provisioning_jobs
from chalicelib.platform.repository.provisioning_jobs import LeaseLost
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import job_reports, job_steps, provisioning_cancellation
from chalicelib.platform.service.job_runs import JobRun, Postponed

_PASSING = {
    FailureReason.DEADLOCK,
    FailureReason.LOCK_TIMEOUT,
    FailureReason.STATEMENT_TIMEOUT,
    FailureReason.DISCONNECTED,
}

log = logs.logger("platform")


def run_job(message: JobDue) -> None:
    """Run the steps of a job until it ends, waits, or the worker's turn is over. Does nothing if it is leased or ended."""
    job = provisioning_jobs.acquire_lease(message.job_id)
    if job is None:
        return
    try:
        _run_leased(job)
    except LeaseLost:
        log.info("job released: it was canceled or leased again", extra={"job": job.id})
        _postpone(job, timedelta(0))
    except BaseException:
        provisioning_jobs.release_lease(job, OUTAGE_DELAY, has_failed=True)
        raise


def _run_leased(job: ProvisioningJob) -> None:
    """Run a leased job, and decide what an error means for it. Raises LeaseLost."""
    try:
        run = JobRun.start(job, get_store(job.store_id))
    except StoreNotFound:
        with Transaction() as transaction:
            provisioning_jobs.stage_end(transaction, job, {"status": JobStatus.CANCELLED})
        return
    try:
        with run.resources:
            _run_steps(run)
    except Postponed as postponed:
        _postpone(job, postponed.delay)
    except WriteConflict:
        raise LeaseLost from None
    except StatementFailed as failure:
        _handle_problem(run, _problem_of(failure))
    except DecryptionFailed:
        _handle_problem(run, JobStuck("The request of this job cannot be decrypted; support was informed."))
    except Problem as problem:
        _handle_problem(run, problem)


def _run_steps(run: JobRun) -> None:
    """Run the job's steps from the stored one. Raises Postponed, LeaseLost and the problems of the steps."""
    step: Step | None = Step(run.job.step)
    run.begin_step(Step(run.job.step))
    if run.job.attempts > MAX_CRASHES:
        raise JobStuck
    if step is Step.CANCEL:
        provisioning_cancellation.cancel(run)
        return
    while step is not None:
        job_steps.STEPS[step](run)
        step = step_after(run.job.kind, step)
        if step is not None:
            run.begin_step(step)
            run.require_time()


def _problem_of(failure: StatementFailed) -> Problem:
    """Return what a failed statement means for the owner; raise the failure if it means nothing to them."""
    if failure.reason is FailureReason.FULL:
        return DatabaseFull()
    if failure.reason is FailureReason.PRIVILEGE:
        return PrivilegeMissing()
    if failure.reason in _PASSING:
        return Unavailable("The database did not complete a statement.")
    raise failure


def _handle_problem(run: JobRun, problem: Problem) -> None:
    """Postpone the job if the problem may pass, else fail it. A cancellation ends, or waits for a shared server."""
    job = run.job
    is_first_test = job.step == Step.TEST and isinstance(problem, Unreachable)
    if isinstance(problem, Unavailable | Unreachable) and not is_first_test and job.attempts <= MAX_OUTAGES:
        delay = max(OUTAGE_DELAY, timedelta(seconds=getattr(problem, "retry_after", 0)))
        log.info("job postponed: its server is not available", extra={"job": job.id, "code": problem.code})
        _postpone(job, delay, has_failed=True)
    elif job.step == Step.CANCEL:
        _end_cancellation(run)
    else:
        _fail(run, problem)


def _end_cancellation(run: JobRun) -> None:
    """End a cancellation that cannot complete, or postpone it if only Backroom can reach what is left."""
    try:
        provisioning_cancellation.end_unfinished(run)
    except Postponed as postponed:
        _postpone(run.job, postponed.delay)
    except WriteConflict:
        raise LeaseLost from None


def _postpone(job: ProvisioningJob, delay: timedelta, *, has_failed: bool = False) -> None:
    """Release the job and queue it again after the delay."""
    provisioning_jobs.release_lease(job, delay, has_failed=has_failed)
    seconds = min(900, int(delay.total_seconds()))
    messages.publish(JobDue(store_id=job.store_id, job_id=job.id), delay_seconds=seconds)


def _fail(run: JobRun, problem: Problem) -> None:
    """Fail the job with the problem's code and title; its request is kept for a retry."""
    job = run.job
    columns: dict[str, Any] = {"error_code": problem.code, "error_message": problem.detail, "message": problem.title}
    if isinstance(problem, SchemaMismatch):
        columns["report"] = job_reports.store_report(job, problem.extras["report"])
    try:
        with Transaction() as transaction:
            provisioning_jobs.stage_failure(transaction, job, columns, clock.now() + RETRY_WINDOW)
            store = get_store(job.store_id)
            database_states.stage_end_without_result(transaction, store, job, DatabaseStatus.FAILED)
    except WriteConflict:
        raise LeaseLost from None
    if isinstance(problem, JobStuck):
        JOBS_STUCK.count()
    log.warning("job failed", extra={"job": job.id, "store": job.store_id, "step": job.step, "code": problem.code})
