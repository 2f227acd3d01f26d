"""The commands `backup-store` and `backups`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chalicelib.platform.models import AuditLog, Store
from tests.infra.ops.conftest import Ops
from tests.platform.conftest import prepared_places
from tests.platform.provisioned_stores import PreparedPlace, connected_store
from tests.platform.stores import new_store

__all__ = ["prepared_places"]

Drain = Callable[[], list[Any]]


@pytest.fixture
def store(prepared_places: Callable[[str], PreparedPlace]) -> Store:
    """A store with empty tables on PostgreSQL."""
    prepared = prepared_places("postgresql")
    prepared.empty()
    return connected_store(prepared)


def test_a_store_is_backed_up_once_and_the_backup_is_listed(ops: Ops, drain: Drain, store: Store) -> None:
    job = json.loads(ops("backup-store", store.id).out)["job_id"]
    repeated = ops("backup-store", store.id)
    assert json.loads(repeated.out)["job_id"] == job
    assert "nothing was started" in repeated.err
    assert ops("backups", store.id).out == ""
    assert drain() == []
    line = ops("backups", store.id).out.split("\t")
    assert (line[0], line[3]) == (job, "0")
    [backup] = json.loads(ops("backups", store.id, "--json").out)
    assert len(httpx.get(backup["url"]).content) == backup["byte_size"]
    [entry] = AuditLog.query(store.id)
    assert (entry.action, entry.target) == ("platform.back_up_store", f"job:{job}")
    assert entry.actor_id.startswith("cli:")


def test_a_store_without_a_database_is_refused(ops: Ops, drain: Drain) -> None:
    store = new_store()
    result = ops("backup-store", store.id)
    assert (result.code, result.out) == (1, "")
    assert "no database" in result.err
    assert ops("backups", "missing").code == 1
    drain()
    assert list(AuditLog.query(store.id)) == []
