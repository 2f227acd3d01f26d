"""Provisioning whose workers are killed (SIGKILL) again and again, on servers of all kinds."""

from __future__ import annotations

from itertools import count

import httpx2
import pytest

from chalicelib.platform.enums import DatabaseStatus, JobStatus
from chalicelib.platform.models import ProvisioningJob, Store
from chalicelib.platform.schemas.provisioning import JobDue
from chalicelib.platform.service.provisioning_worker import run_job
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES
from chalicelib.platform.store_database.tables import TABLES
from infra.sandbox.supabase import SupabaseSandbox
from tests.platform.killed_worker import killed_worker
from tests.platform.provisioning import OwnerApi, end_lease, owner_api
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store


def begin(owner: OwnerApi, server: ServerOfTest) -> str:
    answer = owner.post("provision", {"database": server.body})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


@pytest.mark.slow
def test_a_job_completes_however_often_its_workers_are_killed(
    api: httpx2.Client, server_of_kind: ServerOfTest, supabase: SupabaseSandbox
) -> None:
    owner = owner_api(api, new_store())
    job_id = begin(owner, server_of_kind)
    progress, kills, nth = 0, 0, 1
    with killed_worker() as worker:
        for _ in count():
            was_killed = worker.run(owner.store.id, job_id, nth)
            job = ProvisioningJob.get(job_id, consistent_read=True)
            assert job.progress >= progress
            if job.unfinished is None:
                break
            assert job.status is not JobStatus.FAILED, (job.error_code, job.error_message)
            if was_killed and job.lease_holder is not None:
                run_job(JobDue(store_id=owner.store.id, job_id=job_id))  # the message, delivered again
                again = ProvisioningJob.get(job_id, consistent_read=True)
                assert (again.fence, again.updated_at) == (job.fence, job.updated_at)
                end_lease(job_id)
            nth += 2 if job.attempts <= 1 else 5
            kills, progress = kills + was_killed, job.progress
    assert kills > 12
    assert job.status is JobStatus.COMPLETED
    mark = f"backroom:{owner.store.id}:{job_id}"
    names = {*(t.name for t in TABLES), *TECHNICAL_TABLES, "alembic_version"}
    assert server_of_kind.comments(owner.store) == dict.fromkeys(names, mark)
    assert Store.get(owner.store.id).database_status is DatabaseStatus.ACTIVE
    assert len(supabase.projects()) <= 1
