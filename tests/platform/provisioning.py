"""Calls of the provisioning routes as a store's owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.provisioning import LEASE
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository.provisioning_jobs import RUNNING
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.provisioning_worker import run_job

Drain = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class OwnerApi:
    """The routes below a store, called with its owner's token."""

    api: httpx2.Client
    store: Store
    token: str

    def call(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Call a route below the store."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.api.request(method, f"/v1/platform/stores/{self.store.id}/{path}", json=body, headers=headers)

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        """Post to a route below the store."""
        return self.call("POST", path, body)

    def get(self, path: str) -> Any:
        """Return the JSON of a route below the store."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def owner_api(api: httpx2.Client, store: Store) -> OwnerApi:
    """Return the routes below a store as its owner calls them."""
    return OwnerApi(api, store, auth.mint(Role.OWNER, store.owner_id))


def run_to_end(job_id: str) -> ProvisioningJob:
    """Run a job's worker until the job ends, without the queue's delays."""
    for _ in range(50):
        job = ProvisioningJob.get(job_id, consistent_read=True)
        if job.unfinished != RUNNING:
            return job
        run_job(JobDue(store_id=job.store_id, job_id=job.id))
    raise AssertionError(f"the job did not end: {job.step}, {job.message}, {job.attempts} attempts")


def end_lease(job_id: str) -> None:
    """Let the time of a crashed worker's lease pass."""
    ProvisioningJob(job_id).update([ProvisioningJob.lease_until.set(clock.now() - LEASE)])


def provision(owner: OwnerApi, database: dict[str, Any]) -> ProvisioningJob:
    """Request the job that makes a store's database, and run it to its end."""
    answer = owner.post("provision", {"database": database})
    assert answer.status_code == 202, answer.text
    return run_to_end(answer.json()["job_id"])
