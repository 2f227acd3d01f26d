"""Stores with rows that tests move, and the servers by kind."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from tests.platform.filled_stores import fill
from tests.platform.provisioning import OwnerApi, owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

FIXTURES = {
    "shared": "shared_server",
    "postgresql": "own_postgresql",
    "mysql": "own_mysql",
    "supabase": "supabase_account",
}


def server_of(kind: str, request: pytest.FixtureRequest) -> ServerOfTest:
    """Return the server of a kind."""
    server: ServerOfTest = request.getfixturevalue(FIXTURES[kind])
    return server


def provisioned(api: httpx2.Client, server: ServerOfTest, count: int = 3) -> OwnerApi:
    """Return the owner of a new store with rows in all tables."""
    owner = owner_api(api, new_store())
    job = provision(owner, server.body)
    assert job.status is JobStatus.COMPLETED, (job.error_code, job.error_message)
    fill(Store.get(owner.store.id), count)
    return owner


def drop_job_of(store_id: str) -> ProvisioningJob:
    """Return the job that drops the store's old place."""
    [job] = [
        row
        for key in ProvisioningJob.by_store.query(store_id)
        if (row := ProvisioningJob.get(key.id)).unfinished == "scheduled"
    ]
    return job
