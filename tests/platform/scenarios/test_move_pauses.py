"""The pause of a store's changes while it is compared and switched: reads continue, changes wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx2
import pytest

from chalicelib.kit import clock, ids
from chalicelib.platform.domain.move_periods import CALL_DRAIN, TRANSFER_DRAIN
from chalicelib.platform.enums import DatabaseStatus, JobStatus, KeyScope, TransferKind, TransferStatus
from chalicelib.platform.models import ProvisioningJob, Store, Transfer
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.provisioning_worker import run_job
from tests.platform.moved_stores import provisioned, server_of
from tests.platform.moves import begin_move, run_move_to_end, run_until
from tests.platform.provisioning import OwnerApi, run_to_end
from tests.platform.store_databases import data_client


@pytest.fixture
def paused(api: httpx2.Client, request: pytest.FixtureRequest) -> tuple[OwnerApi, str]:
    """A store whose move has just paused its changes, and the job."""
    owner = provisioned(api, server_of("shared", request), 1)
    job_id = begin_move(owner, server_of("mysql", request).body)
    run_until(job_id, "freeze")
    run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    assert ProvisioningJob.get(job_id).step == "freeze"
    assert Store.get(owner.store.id).database_status is DatabaseStatus.MOVING
    return owner, job_id


def test_reads_continue_and_changes_wait_while_a_store_is_switched(
    paused: tuple[OwnerApi, str], api: httpx2.Client
) -> None:
    owner, job_id = paused
    client = data_client(api, owner.store)
    for scope in KeyScope:
        assert client.scoped(scope).call("GET", "products").status_code == 200
    refused = client.call("POST", "categories", {"name": "C", "slug": "c"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert client.call("DELETE", f"products/{client.list('products')[0]['id']}").status_code == 503
    assert run_move_to_end(job_id).status is JobStatus.COMPLETED
    assert client.add("categories", name="C", slug="c")["slug"] == "c"


def test_a_move_waits_until_calls_that_began_before_have_ended(
    paused: tuple[OwnerApi, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, job_id = paused
    frozen_at = clock.parse(ProvisioningJob.get(job_id).cursor["frozen_at"])
    run_at(monkeypatch, frozen_at + CALL_DRAIN - timedelta(seconds=1), job_id)
    assert ProvisioningJob.get(job_id).step == "freeze"
    run_at(monkeypatch, frozen_at + CALL_DRAIN + timedelta(seconds=1), job_id)
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED


def test_a_move_waits_for_the_lease_of_a_transfer(
    paused: tuple[OwnerApi, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, job_id = paused
    frozen_at = clock.parse(ProvisioningJob.get(job_id).cursor["frozen_at"])
    late = frozen_at + CALL_DRAIN + timedelta(seconds=1)
    transfer = leased_transfer(owner.store.id, late + TRANSFER_DRAIN)
    run_at(monkeypatch, late, job_id)
    assert ProvisioningJob.get(job_id).step == "freeze"
    transfer.update([Transfer.lease_until.set(frozen_at)])
    leased_transfer(ids.new(), late + TRANSFER_DRAIN)
    run_at(monkeypatch, late, job_id)
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED


def test_a_canceled_move_ends_the_pause(paused: tuple[OwnerApi, str], api: httpx2.Client) -> None:
    owner, job_id = paused
    assert owner.post(f"provision/{job_id}/cancel").status_code == 202
    job = run_to_end(job_id)
    assert (job.status, job.report["left"]) == (JobStatus.CANCELLED, [])
    store = Store.get(owner.store.id)
    assert (store.database_status, store.config_version) == (DatabaseStatus.ACTIVE, 1)
    assert store.active_job is None
    assert data_client(api, owner.store).add("categories", name="C", slug="c")["slug"] == "c"


def run_at(monkeypatch: pytest.MonkeyPatch, moment: datetime, job_id: str) -> None:
    """Run the job's worker with our clock stopped at a moment."""
    job = ProvisioningJob.get(job_id)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        run_job(JobDue(store_id=job.store_id, job_id=job.id))


def leased_transfer(store_id: str, until: datetime) -> Transfer:
    """Write a transfer of the store with a lease."""
    now = clock.now()
    row = Transfer(
        store_id,
        ids.time_ordered(),
        kind=TransferKind.IMPORT,
        table_name="products",
        status=TransferStatus.RUNNING,
        unfinished=Transfer.RUNNING,
        lease_holder=ids.new(),
        lease_until=until,
        created_at=now,
        updated_at=now,
        expires_epoch=now + Transfer.KEEP,
    )
    row.save()
    return row
