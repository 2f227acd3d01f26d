"""What provisioning costs in round trips and capacity units (docs/costs.md)."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import lapsed_jobs, store_connections
from chalicelib.platform.service.provisioning_worker import run_job
from infra.bench.round_trips import Cost, metered
from infra.bench.sql_messages import counted_messages
from tests.platform.provisioning import owner_api
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store


@pytest.mark.parametrize(
    ("name", "cost", "messages"),
    [
        ("shared_server", Cost(reads=6, writes=25, write_units=77), 149),
        ("own_postgresql", Cost(reads=4, writes=25, write_units=77), 168),
        ("own_mysql", Cost(reads=4, writes=25, write_units=77), 156),
    ],
)
def test_a_store_is_provisioned_within_its_round_trips(
    name: str, cost: Cost, messages: int, api: httpx2.Client, request: pytest.FixtureRequest
) -> None:
    server: ServerOfTest = request.getfixturevalue(name)
    owner = owner_api(api, new_store())
    job_id = owner.post("provision", {"database": server.body}).json()["job_id"]
    store_connections.close_connections()
    with metered() as meter, counted_messages() as sent:
        run_job(JobDue(store_id=owner.store.id, job_id=job_id))
    assert ProvisioningJob.get(job_id).status is JobStatus.COMPLETED
    used = meter.cost
    assert used.reads <= cost.reads, "the allowed hosts may be cached"
    assert (used.writes, used.write_units, len(sent.sent)) == (cost.writes, cost.write_units, messages)


def test_the_schedule_reads_no_job_that_has_a_worker_or_has_ended(api: httpx2.Client) -> None:
    for _ in range(3):
        store = new_store()
        owner_api(api, store).post("provision", {"database": {"type": "shared"}})
    with metered() as meter:
        lapsed_jobs.resume_jobs(clock.now())
    assert meter.cost == Cost(reads=2)
