"""The places of failed jobs: removed after a day, by a cancellation, or with the store; never while the store uses them."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.domain.provisioning import MAX_OUTAGES
from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import PlatformSetting, ProvisioningJob, Store
from chalicelib.platform.repository import database_states, integration_configs, provisioning_jobs
from chalicelib.platform.repository.stores import get_store
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import lapsed_jobs
from chalicelib.platform.service.provisioning_worker import run_job
from tests.platform.backups import back_up
from tests.platform.moved_stores import provisioned
from tests.platform.moves import begin_move, content_at, move, run_move_to_end, run_until
from tests.platform.provisioning import Drain, OwnerApi, run_to_end
from tests.platform.removals import closed_port, delete_store, remove_store, undelete_store
from tests.platform.store_servers import ServerOfTest, put_shared_servers
from tests.platform.wire import relay


def fail(job_id: str, step: str = "compare") -> ProvisioningJob:
    """Fail a job before a step, as if its workers crashed there; before `compare` it has copied rows."""
    run_until(job_id, step)
    job = provisioning_jobs.acquire_lease(job_id)
    assert job
    job.update([ProvisioningJob.attempts.set(100)])
    provisioning_jobs.release_lease(job, has_failed=True)
    failed = run_move_to_end(job_id)
    assert (failed.status, failed.unfinished) == (JobStatus.FAILED, provisioning_jobs.RETRYABLE)
    return failed


def lapse(job_id: str) -> None:
    """Let the time for a retry pass, and let the schedule find the job."""
    ProvisioningJob(job_id).update([ProvisioningJob.lease_until.set(clock.now() - timedelta(seconds=1))])
    lapsed_jobs.resume_jobs(clock.now())


def count_schemas(server: ServerOfTest, job_id: str) -> int:
    """Return the number of schemas and roles of a job on a shared server."""
    name = f"s_{job_id.replace('-', '')}"
    [(schemas,)] = server.query("SELECT count(*) FROM pg_namespace WHERE nspname = %s", name)
    [(roles,)] = server.query("SELECT count(*) FROM pg_roles WHERE rolname = %s", name)
    return int(schemas) + int(roles)


@pytest.fixture
def owner(api: httpx2.Client, own_mysql: ServerOfTest) -> OwnerApi:
    """The owner of a store with rows on their own server."""
    return provisioned(api, own_mysql, 1)


def test_the_place_of_a_failed_move_is_removed_after_a_day(
    owner: OwnerApi, shared_server: ServerOfTest, drain: Drain
) -> None:
    job = fail(begin_move(owner, shared_server.body))
    assert count_schemas(shared_server, job.id) == 2
    lapse(job.id)
    assert drain() == []
    ended = ProvisioningJob.get(job.id)
    assert ended.status is JobStatus.CANCELLED
    assert {ended.request, ended.unfinished} == {None}
    assert count_schemas(shared_server, job.id) == 0
    store = Store.get(owner.store.id)
    assert store.active_job is None
    assert store.database_status is DatabaseStatus.ACTIVE


def test_a_failed_move_waits_for_the_active_job_before_its_place_is_removed(
    owner: OwnerApi, shared_server: ServerOfTest
) -> None:
    job = fail(begin_move(owner, shared_server.body))
    backup = owner.post("backups").json()["job_id"]
    lapse(job.id)
    assert ProvisioningJob.get(job.id).unfinished == provisioning_jobs.RETRYABLE
    run_to_end(backup)
    lapse(job.id)
    assert run_to_end(job.id).status is JobStatus.CANCELLED
    assert count_schemas(shared_server, job.id) == 0


def test_a_failed_backup_only_loses_its_place_in_the_list(owner: OwnerApi) -> None:
    job = back_up(owner)
    job.update([ProvisioningJob.status.set(JobStatus.FAILED), ProvisioningJob.unfinished.set("retryable")])
    lapse(job.id)
    ended = ProvisioningJob.get(job.id)
    assert ended.status is JobStatus.FAILED
    assert ended.unfinished is None


@pytest.mark.parametrize("name", ["cancel", "lapse"])
def test_tables_that_a_later_move_adopted_are_never_dropped(
    name: str, owner: OwnerApi, own_postgresql: ServerOfTest
) -> None:
    job_id = fail(begin_move(owner, own_postgresql.body), "copy").id
    later = move(owner, own_postgresql.body)
    assert later.status is JobStatus.COMPLETED, (later.error_code, later.error_message)
    assert later.report["adopted"]
    before = content_at(integration_configs.load_place(Store.get(owner.store.id)))
    if name == "cancel":
        assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    else:
        lapse(job_id)
    ended = run_to_end(job_id)
    assert ended.status is JobStatus.CANCELLED
    assert ended.request is None
    assert ended.report["left"] == ["all tables: a later job may use them"]
    assert content_at(integration_configs.load_place(Store.get(owner.store.id))) == before


def test_a_failed_move_can_be_canceled_while_its_store_is_being_deleted(
    owner: OwnerApi, shared_server: ServerOfTest, drain: Drain
) -> None:
    job = fail(begin_move(owner, shared_server.body))
    delete_store(owner)
    assert drain() == []
    assert owner.post(f"provision/{job.id}/cancel").status_code == 202
    assert run_to_end(job.id).status is JobStatus.CANCELLED
    assert count_schemas(shared_server, job.id) == 0
    store = Store.get(owner.store.id)
    assert store.active_job is None
    assert store.database_status is DatabaseStatus.DELETING


def test_the_places_of_failed_jobs_are_removed_with_their_store(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    jobs = [fail(begin_move(owner, shared_server.body)) for _ in range(2)]
    delete_store(owner)
    assert remove_store(owner).status is JobStatus.COMPLETED
    assert [count_schemas(shared_server, job.id) for job in jobs] == [0, 0]
    assert {ProvisioningJob.get(job.id).status for job in jobs} == {JobStatus.CANCELLED}


def test_the_end_of_a_job_never_overwrites_an_undeletion(owner: OwnerApi) -> None:
    delete_store(owner)
    job_id = str(Store.get(owner.store.id).active_job)
    decided_on = get_store(owner.store.id)
    status = database_states.status_in_use(decided_on)
    undelete_store(owner)
    with pytest.raises(WriteConflict), Transaction() as transaction:
        database_states.stage_job_end(transaction, decided_on, job_id, status, {})
    assert Store.get(owner.store.id).database_status is DatabaseStatus.ACTIVE


def test_a_cancellation_waits_for_its_shared_server(owner: OwnerApi, shared_server: ServerOfTest) -> None:
    job_id = begin_move(owner, shared_server.body)
    run_until(job_id, "compare")
    [server] = PlatformSetting.get("shared_servers").value["servers"]
    put_shared_servers(server | {"port": closed_port()})
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    for _ in range(MAX_OUTAGES + 2):
        run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    waiting = ProvisioningJob.get(job_id)
    assert (waiting.step, waiting.unfinished) == ("cancel", provisioning_jobs.RUNNING)
    put_shared_servers(server)
    ended = run_to_end(job_id)
    assert (ended.status, ended.report["left"]) == (JobStatus.CANCELLED, [])
    assert count_schemas(shared_server, job_id) == 0


def test_a_cancellation_ends_if_an_owners_server_is_gone(owner: OwnerApi, own_postgresql: ServerOfTest) -> None:
    with relay(own_postgresql.body["host"], own_postgresql.body["port"]) as passed:
        job_id = begin_move(owner, own_postgresql.body | {"port": passed.port})
        run_until(job_id, "compare")
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    ended = run_to_end(job_id)
    assert (ended.status, ended.report["left"]) == (JobStatus.CANCELLED, ["all tables: the server cannot be used"])
