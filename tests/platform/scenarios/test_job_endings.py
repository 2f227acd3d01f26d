"""Ends of provisioning jobs: cancellation, failure and retry, crashes without progress, and lapsed leases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, event

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import clock, ids, secrets
from chalicelib.platform.domain.provisioning import MAX_CRASHES, RETRY_WINDOW, Step
from chalicelib.platform.domain.provisioning_targets import own_login
from chalicelib.platform.domain.sealed_columns import request_context
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import provisioning_jobs
from chalicelib.platform.repository.provisioning_jobs import LeaseLost
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import lapsed_jobs
from chalicelib.platform.service.provisioning_worker import run_job
from tests.platform.killed_worker import killed_worker
from tests.platform.provisioning import Drain, OwnerApi, end_lease, owner_api, provision, run_to_end
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store


@pytest.fixture
def owner(api: httpx2.Client) -> OwnerApi:
    """The owner of a store without a database."""
    return owner_api(api, new_store())


def begin(owner: OwnerApi, server: ServerOfTest) -> str:
    """Request a job and return its id."""
    answer = owner.post("provision", {"database": server.body})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def kill_at_table(owner: OwnerApi, job_id: str, count: int) -> None:
    """Kill the job's workers until it has so many tables."""
    with killed_worker() as worker:
        nth = 40
        while ProvisioningJob.get(job_id).tables_created < count:
            assert worker.run(owner.store.id, job_id, nth)
            end_lease(job_id)
            nth += 10


def test_ten_concurrent_requests_begin_one_job(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: owner.post("provision", {"database": shared_server.body}), range(10)))
    assert sorted({answer.status_code for answer in answers}) == [200, 202]
    assert [answer.status_code for answer in answers].count(202) == 1
    assert len({answer.json()["job_id"] for answer in answers}) == 1
    assert len(list(ProvisioningJob.by_store.query(owner.store.id))) == 1


def test_a_provisioned_store_is_not_provisioned_again(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    assert provision(owner, shared_server.body).status is JobStatus.COMPLETED
    answer = owner.post("provision", {"database": shared_server.body})
    assert (answer.status_code, answer.json()["code"]) == (409, "StoreProvisioned")


@pytest.mark.parametrize("name", ["shared_server", "own_postgresql", "own_mysql"])
def test_a_canceled_job_leaves_nothing_that_it_created(
    name: str, owner: OwnerApi, request: pytest.FixtureRequest
) -> None:
    server: ServerOfTest = request.getfixturevalue(name)
    job_id = begin(owner, server)
    kill_at_table(owner, job_id, 3)
    assert len(server.comments(owner.store)) >= 3
    answer = owner.post(f"provision/{job_id}/cancel")
    assert answer.status_code == 202, answer.text
    job = run_to_end(job_id)
    assert (job.status, job.report["left"]) == (JobStatus.CANCELLED, [])
    assert job.request is None
    assert server.comments(owner.store) == {}
    row = Store.get(owner.store.id)
    assert row.database_status is None
    assert row.active_job is None
    assert owner.post(f"provision/{job_id}/cancel").json()["code"] == "JobEnded"
    assert provision(owner, server.body).status is JobStatus.COMPLETED


@pytest.mark.parametrize(
    ("name", "statement"),
    [("own_postgresql", "CREATE SCHEMA"), ("own_postgresql", "CREATE ROLE"), ("own_mysql", "CREATE USER")],
)
def test_a_job_that_is_canceled_while_it_prepares_the_place_leaves_nothing(
    name: str, statement: str, owner: OwnerApi, request: pytest.FixtureRequest
) -> None:
    server: ServerOfTest = request.getfixturevalue(name)
    job_id = begin(owner, server)
    codes: list[int] = []

    def cancel(*arguments: Any) -> None:
        if str(arguments[2]).startswith(statement) and not codes:
            codes.append(owner.post(f"provision/{job_id}/cancel").status_code)

    event.listen(Engine, "after_cursor_execute", cancel)
    try:
        job = run_to_end(job_id)
    finally:
        event.remove(Engine, "after_cursor_execute", cancel)
    assert (codes, job.status, job.report["left"]) == ([202], JobStatus.CANCELLED, [])
    login = own_login(owner.store.id)
    if server.dialect is Dialect.MYSQL:
        assert server.query("SELECT count(*) FROM mysql.user WHERE User = %s", login) == [(0,)]
    else:
        assert server.query("SELECT count(*) FROM pg_roles WHERE rolname = %s", login) == [(0,)]
        assert server.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'store'") == [(0,)]


def test_a_cancellation_keeps_tables_with_rows(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    job_id = begin(owner, own_postgresql)
    kill_at_table(owner, job_id, 3)
    own_postgresql.query(
        "INSERT INTO store.categories (id, name, slug, created_at, updated_at) "
        "VALUES (gen_random_uuid(), 'Teas', 'teas', now(), now())"
    )
    owner.post(f"provision/{job_id}/cancel")
    job = run_to_end(job_id)
    assert (job.status, job.report["left"]) == (JobStatus.CANCELLED, ["categories"])
    assert set(own_postgresql.comments(owner.store)) == {"categories"}


def test_a_canceled_job_refuses_the_writes_of_its_worker(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    job_id = begin(owner, shared_server)
    job = provisioning_jobs.acquire_lease(job_id)
    assert job
    owner.post(f"provision/{job_id}/cancel")
    with pytest.raises(LeaseLost):
        provisioning_jobs.save_progress(job, {"step": Step.PLACE})
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))  # the worker still has the lease
    assert ProvisioningJob.get(job_id).status is JobStatus.PENDING
    provisioning_jobs.release_lease(job)
    assert run_to_end(job_id).status is JobStatus.CANCELLED


def test_a_failed_job_is_retried_with_its_sealed_request(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    database = own_postgresql.body["database"]
    own_postgresql.query("CREATE SCHEMA store; COMMENT ON SCHEMA store IS 'backroom:another:job'")
    job = provision(owner, own_postgresql.body)
    assert (job.status, job.error_code, job.request is None) == (JobStatus.FAILED, "SchemaInUse", False)
    assert own_postgresql.body["password"] not in str(job.attribute_values)
    own_postgresql.query("DROP SCHEMA store")
    answer = owner.post(f"provision/{job.id}/retry")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert Store.get(owner.store.id).active_job == job.id
    done = run_to_end(job.id)
    assert done.status is JobStatus.COMPLETED, done.error_code
    assert Store.get(owner.store.id).database_name == database
    assert owner.post(f"provision/{job.id}/retry").json()["code"] == "JobNotRetryable"


def test_the_request_of_a_failed_job_is_removed_after_a_day(
    owner: OwnerApi, own_postgresql: ServerOfTest, drain: Drain
) -> None:
    job = provision(owner, {**own_postgresql.body, "password": "wrong"})
    assert (job.status, job.error_code) == (JobStatus.FAILED, "LoginRefused")
    ProvisioningJob(job.id).update([ProvisioningJob.lease_until.set(clock.now() - timedelta(seconds=1))])
    lapsed_jobs.resume_jobs(clock.now())
    assert drain() == []
    row = ProvisioningJob.get(job.id)
    assert {row.request, row.unfinished, row.lease_until} == {None}
    assert owner.post(f"provision/{job.id}/retry").json()["code"] == "JobNotRetryable"
    assert timedelta(hours=24) == RETRY_WINDOW
    assert provision(owner, own_postgresql.body).status is JobStatus.COMPLETED


def test_a_job_whose_workers_crash_without_progress_fails(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    job_id = begin(owner, shared_server)
    with killed_worker() as worker:
        for _ in range(MAX_CRASHES):
            assert worker.run(owner.store.id, job_id, 6)
            end_lease(job_id)
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    job = ProvisioningJob.get(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "JobStuck")
    assert Store.get(owner.store.id).database_status is DatabaseStatus.FAILED


def spoil_request(job_id: str) -> None:
    """Replace the sealed request by one that is encrypted for another job."""
    request = secrets.encrypt("{}", request_context(ids.new()))
    ProvisioningJob(job_id).update([ProvisioningJob.request.set(request)])


def test_a_job_whose_request_cannot_be_decrypted_fails_at_once(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    job_id = begin(owner, shared_server)
    spoil_request(job_id)
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    job = ProvisioningJob.get(job_id)
    assert (job.status, job.error_code, job.unfinished) == (JobStatus.FAILED, "JobStuck", provisioning_jobs.RETRYABLE)
    assert Store.get(owner.store.id).active_job is None
    assert provision(owner, shared_server.body).status is JobStatus.COMPLETED


def test_a_canceled_job_whose_request_cannot_be_decrypted_ends(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    job_id = begin(owner, shared_server)
    kill_at_table(owner, job_id, 1)
    spoil_request(job_id)
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    assert ProvisioningJob.get(job_id).status is JobStatus.CANCELLED


def test_the_schedule_resumes_a_job_without_a_worker(
    owner: OwnerApi, shared_server: ServerOfTest, drain: Callable[[], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = begin(owner, shared_server)
    with killed_worker() as worker:
        assert worker.run(owner.store.id, job_id, 30)
    assert drain() == []
    assert ProvisioningJob.get(job_id).unfinished == provisioning_jobs.RUNNING
    lapsed_jobs.resume_jobs(clock.now())
    assert drain() == []
    assert ProvisioningJob.get(job_id).lease_holder, "the lease has not lapsed"
    end_lease(job_id)
    lapsed_jobs.resume_jobs(clock.now())
    assert drain() == []
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED


def test_a_failed_job_is_not_canceled_once_a_later_one_succeeded(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    job_id = begin(owner, own_postgresql)
    kill_at_table(owner, job_id, 2)
    own_postgresql.query("CREATE TABLE store.seo_settings (id int)")
    failed = run_to_end(job_id)
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "SchemaInUse")
    own_postgresql.query("DROP TABLE store.seo_settings")
    later = provision(owner, own_postgresql.body)
    assert (later.status, later.report["adopted"][:2]) == (JobStatus.COMPLETED, ["media_library", "categories"])
    for action in ("cancel", "retry"):
        assert owner.post(f"provision/{job_id}/{action}").status_code == 409
    assert len(own_postgresql.comments(owner.store)) == 16  # the 14 tables and two technical ones


def test_a_failed_job_can_be_canceled(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    job_id = begin(owner, own_postgresql)
    kill_at_table(owner, job_id, 2)
    own_postgresql.query("CREATE TABLE store.seo_settings (id int)")
    assert run_to_end(job_id).status is JobStatus.FAILED
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    assert run_to_end(job_id).status is JobStatus.CANCELLED
    assert set(own_postgresql.comments(owner.store)) == {"seo_settings"}
    assert Store.get(owner.store.id).database_status is None


def test_a_worker_queues_its_job_again_after_its_turn(
    owner: OwnerApi, shared_server: ServerOfTest, monkeypatch: pytest.MonkeyPatch, drain: Drain
) -> None:
    job_id = begin(owner, shared_server)
    real_now, calls = clock.now, count()
    monkeypatch.setattr(clock, "now", lambda: real_now() + timedelta(seconds=3) * next(calls))
    assert drain() == []
    job = ProvisioningJob.get(job_id)
    assert job.status is JobStatus.COMPLETED, job.error_code
    assert job.fence > 2, "several workers ran it, one after the other"
