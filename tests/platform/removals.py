"""Deletion of stores in tests: requested as their owner does, and carried out without the grace period."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import httpx2

from chalicelib.kit import clock
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.repository.provisioning_jobs import RUNNING
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service import store_deletion
from chalicelib.platform.service.provisioning_worker import run_job
from tests.platform.clients import PlatformClient
from tests.platform.provisioning import OwnerApi


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def delete_store(owner: OwnerApi, **fields: Any) -> httpx2.Response:
    """Delete the store as its owner."""
    body = {"confirm": owner.store.slug, **fields}
    client = PlatformClient(owner.api, owner.store.owner_id)
    return client.call("DELETE", f"platform/stores/{owner.store.id}", body)


def undelete_store(owner: OwnerApi) -> httpx2.Response:
    """Undo the deletion as the store's owner."""
    return PlatformClient(owner.api, owner.store.owner_id).call("POST", f"platform/stores/{owner.store.id}/undelete")


def removal_of(owner: OwnerApi) -> ProvisioningJob:
    """Return the job that removes the store."""
    return ProvisioningJob.get(store_deletion.removal_job_id(Store.get(owner.store.id)), consistent_read=True)


def remove_store(owner: OwnerApi) -> ProvisioningJob:
    """Run the store's removal to its end as if it were due, and the jobs that it waits for."""
    removal = removal_of(owner)
    past = clock.now() - timedelta(seconds=1)
    removal.update([ProvisioningJob.unfinished.set(RUNNING), ProvisioningJob.lease_until.set(past)])
    for _ in range(50):
        active = Store.get(owner.store.id, consistent_read=True).active_job
        for job_id in (active, removal.id):
            if job_id is not None:
                run_job(JobDue(store_id=owner.store.id, job_id=job_id))
        job = ProvisioningJob.get(removal.id, consistent_read=True)
        if job.unfinished != RUNNING:
            return job
    raise AssertionError(f"the store is not removed: {job.step}, {job.message}, {job.attempts} attempts")
