"""The commands `jobs`, `job`, `retry-job` and `cancel-job`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.platform.models import AuditLog, Store
from tests.infra.ops.conftest import Ops
from tests.platform.conftest import own_postgresql
from tests.platform.provisioning import owner_api
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

__all__ = ["own_postgresql"]

Drain = Callable[[], list[Any]]


@pytest.fixture
def requested(api: httpx2.Client, own_postgresql: ServerOfTest) -> tuple[Store, str]:
    """A store with a job that will fail, because the server refuses the password, and the job's id."""
    store = new_store()
    answer = owner_api(api, store).post("provision", {"database": {**own_postgresql.body, "password": "wrong"}})
    return store, str(answer.json()["job_id"])


def test_a_job_is_listed_failed_retried_and_canceled(ops: Ops, drain: Drain, requested: tuple[Store, str]) -> None:
    store, job = requested
    line = ops("jobs").out.split("\t")
    assert line[:5] == [job, store.id, "provision", "pending", "test"]
    assert ops("jobs", "--failed").out == ""

    drain()
    assert ops("jobs").out == ""
    [failed] = json.loads(ops("jobs", "--failed", "--json").out)
    assert (failed["id"], failed["error_code"]) == (job, "LoginRefused")
    assert "wrong" not in ops("jobs", "--failed", "--json").out
    status = json.loads(ops("job", store.id, job).out)
    assert (status["status"], status["error_code"]) == ("failed", "LoginRefused")

    assert json.loads(ops("retry-job", store.id, job).out)["job_id"] == job
    assert ops("jobs").out.startswith(job)
    drain()
    assert json.loads(ops("cancel-job", store.id, job).out)["message"] == "Canceling the job"
    drain()
    assert ops("jobs", "--store", store.id).out.split("\t")[:3] == [job, "provision", "cancelled"]
    assert ops("cancel-job", store.id, job).code == 1
    actors = {entry.action: entry.actor_id for entry in AuditLog.query(store.id)}
    assert actors.keys() == {"platform.provision_store", "platform.retry_job", "platform.cancel_job"}
    assert actors["platform.retry_job"].startswith("cli:")
    assert actors["platform.cancel_job"].startswith("cli:")


def test_a_job_of_another_store_is_not_found(ops: Ops, drain: Drain, requested: tuple[Store, str]) -> None:
    drain()
    other = new_store()
    for command in ("job", "retry-job", "cancel-job"):
        result = ops(command, other.id, requested[1])
        assert (result.code, result.out) == (1, "")
        assert "Job not found" in result.err
    assert ops("jobs", "--store", "missing").code == 1
    drain()
    assert list(AuditLog.query(other.id)) == []
