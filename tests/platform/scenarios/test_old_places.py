"""Old places whose server is gone for a while or for good, and those that a store still has when it is removed."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.platform.domain.provisioning import MAX_OUTAGES
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import PlatformSetting, ProvisioningJob
from chalicelib.platform.repository import provisioning_jobs
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.provisioning_worker import run_job
from tests.platform.moved_stores import drop_job_of, provisioned
from tests.platform.moves import move, run_due
from tests.platform.removals import delete_store, remove_store
from tests.platform.store_servers import ServerOfTest, put_shared_servers
from tests.platform.wire import relay


def test_an_old_server_that_is_gone_is_given_up_and_its_password_removed(
    api: httpx2.Client, own_postgresql: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    with relay(own_postgresql.body["host"], own_postgresql.body["port"]) as passed:
        own_postgresql.body["port"] = passed.port
        owner = provisioned(api, own_postgresql, 1)
        assert move(owner, own_mysql.body).status is JobStatus.COMPLETED
    done = run_due(drop_job_of(owner.store.id).id)
    assert (done.status, done.report["left"]) == (JobStatus.COMPLETED, ["all tables: the server cannot be used"])
    assert done.attempts > MAX_OUTAGES
    assert {done.request, done.cursor, done.unfinished} == {None}


def test_an_old_schema_waits_for_its_shared_server(
    api: httpx2.Client, shared_server: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    [server] = PlatformSetting.get("shared_servers").value["servers"]
    with relay(server["host"], server["port"]) as passed:
        put_shared_servers(server | {"port": passed.port})
        owner = provisioned(api, shared_server, 1)
        assert move(owner, own_mysql.body).status is JobStatus.COMPLETED
    job = drop_job_of(owner.store.id)
    past = clock.now() - timedelta(seconds=1)
    job.update([ProvisioningJob.unfinished.set(provisioning_jobs.RUNNING), ProvisioningJob.lease_until.set(past)])
    for _ in range(MAX_OUTAGES + 2):
        run_job(JobDue(store_id=owner.store.id, job_id=job.id))
    waiting = ProvisioningJob.get(job.id)
    assert waiting.unfinished == provisioning_jobs.RUNNING
    assert shared_server.comments(owner.store)


@pytest.mark.parametrize("unfinished", [provisioning_jobs.RUNNING, provisioning_jobs.RETRYABLE])
def test_an_old_place_whose_drop_has_begun_or_failed_is_removed_with_its_store(
    unfinished: str, api: httpx2.Client, shared_server: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    owner = provisioned(api, shared_server, 1)
    assert move(owner, own_mysql.body).status is JobStatus.COMPLETED
    drop_job_of(owner.store.id).update([ProvisioningJob.unfinished.set(unfinished)])
    delete_store(owner)
    assert remove_store(owner).status is JobStatus.COMPLETED
    assert shared_server.comments(owner.store) == {}
