"""Provisioning of stores over HTTP, with the queue's worker, on real servers."""

from __future__ import annotations

import httpx

from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import Store
from tests.platform.provisioning import Drain, OwnerApi, owner_api
from tests.platform.shared_servers import SharedServerOfTest, shared_server  # noqa: F401
from tests.platform.stores import new_store


def test_a_store_is_provisioned_on_the_shared_server(
    api: httpx.Client, drain: Drain, shared_server: SharedServerOfTest
) -> None:
    owner = owner_api(api, new_store())
    answer = owner.post("provision", {"database": {"type": "shared"}})
    assert answer.status_code == 202, answer.text
    assert drain() == []
    status = owner.get(f"provision/{answer.json()['job_id']}/status")
    assert status["status"] == "completed", status
    assert status["progress"] == 100
    row = Store.get(owner.store.id)
    assert row.database_status is DatabaseStatus.ACTIVE
