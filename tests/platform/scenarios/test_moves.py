"""Moves of stores between databases of all kinds, proven row by row, on real servers."""

from __future__ import annotations

from itertools import product

import httpx
import pytest

from chalicelib.platform.enums import DatabaseStatus, JobKind, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository import integration_configs, provisioning_jobs
from chalicelib.platform.store_database.tables import TABLES
from tests.platform.filled_stores import fill
from tests.platform.moves import content_at, move
from tests.platform.provisioning import OwnerApi, owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

FIXTURES = {
    "shared": "shared_server",
    "postgresql": "own_postgresql",
    "mysql": "own_mysql",
    "supabase": "supabase_account",
}


def provisioned(api: httpx.Client, server: ServerOfTest) -> OwnerApi:
    """Return the owner of a new store with rows in all tables."""
    owner = owner_api(api, new_store())
    job = provision(owner, server.body)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    fill(Store.get(owner.store.id))
    return owner


@pytest.mark.parametrize(
    ("source", "target"), [pair for pair in product(FIXTURES, FIXTURES) if pair[0] != pair[1] or pair[0] == "shared"]
)
def test_a_store_moves_between_databases_of_all_kinds(
    source: str, target: str, api: httpx.Client, request: pytest.FixtureRequest
) -> None:
    owner = provisioned(api, request.getfixturevalue(FIXTURES[source]))
    before = Store.get(owner.store.id)
    old_place = integration_configs.load_place(before)
    expected = content_at(old_place)
    job = move(owner, request.getfixturevalue(FIXTURES[target]).body)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    store = Store.get(owner.store.id)
    assert content_at(integration_configs.load_place(store)) == expected
    assert content_at(old_place) == expected
    assert (store.database_status, store.active_job) == (DatabaseStatus.ACTIVE, None)
    assert store.config_version == before.config_version + 1
    proof = owner.get(f"provision/{job.id}/status")["report"]["proof"]
    assert {each["table"]: each["rows"] for each in proof["tables"]} == {
        name: len(rows) for name, rows in expected.items()
    }
    [drop] = [each for each in ProvisioningJob.by_store.query(store.id) if each.id != job.id][-1:]
    scheduled = ProvisioningJob.get(drop.id)
    assert (scheduled.kind, scheduled.unfinished) == (JobKind.DROP, provisioning_jobs.SCHEDULED)
    assert len(proof["tables"]) == len(TABLES)
