"""The commands `backup-store`, `backups` and `restore-store`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chalicelib.platform.enums import DatabaseType, JobStatus
from chalicelib.platform.models import AuditLog, Store
from tests.infra.ops.conftest import Ops
from tests.platform.backups import back_up
from tests.platform.conftest import own_mysql, own_postgresql, prepared_places
from tests.platform.moves import run_move_to_end
from tests.platform.provisioned_stores import PreparedPlace, connected_store
from tests.platform.provisioning import owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

__all__ = ["own_mysql", "own_postgresql", "prepared_places"]

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
    assert len(httpx2.get(backup["url"]).content) == backup["byte_size"]
    drain()
    entries = list(AuditLog.query(store.id))
    assert {entry.action for entry in entries} == {"platform.back_up_store", "platform.list_backups"}
    assert [entry.target for entry in entries if entry.action == "platform.back_up_store"] == [f"job:{job}"]
    assert {entry.actor_id.partition(":")[0] for entry in entries} == {"cli"}


def test_a_store_without_a_database_is_refused(ops: Ops, drain: Drain) -> None:
    store = new_store()
    result = ops("backup-store", store.id)
    assert (result.code, result.out) == (1, "")
    assert "no database" in result.err
    assert ops("backups", "missing").code == 1
    drain()
    assert list(AuditLog.query(store.id)) == []


@pytest.mark.parametrize("has_file", [False, True])
def test_a_backup_is_restored_beside_the_present_place_or_to_the_database_of_a_file(
    ops: Ops,
    drain: Drain,
    api: httpx2.Client,
    tmp_path: Path,
    own_postgresql: ServerOfTest,
    own_mysql: ServerOfTest,
    has_file: bool,
) -> None:
    owner = owner_api(api, new_store())
    provision(owner, own_postgresql.body)
    backup = back_up(owner)
    file = tmp_path / "database.json"
    file.write_text(json.dumps(own_mysql.body))
    options = ["--database", str(file)] if has_file else []
    result = ops("restore-store", owner.store.id, backup.id, *options)
    assert result.code == 0, result.err
    job = json.loads(result.out)["job_id"]
    assert run_move_to_end(job).status is JobStatus.COMPLETED
    expected = DatabaseType.MYSQL if has_file else DatabaseType.POSTGRESQL
    assert Store.get(owner.store.id).database_type is expected
    drain()
    [entry] = [each for each in AuditLog.query(owner.store.id) if each.action == "platform.restore_store"]
    assert (entry.target, entry.after) == (f"job:{job}", {"backup": backup.id})


def test_a_store_on_mysql_is_told_to_name_a_database(ops: Ops, api: httpx2.Client, own_mysql: ServerOfTest) -> None:
    owner = owner_api(api, new_store())
    provision(owner, own_mysql.body)
    result = ops("restore-store", owner.store.id, back_up(owner).id)
    assert (result.code, result.out) == (1, "")
    assert "database is required for a store on MySQL" in result.err
    assert "Backup not found" in ops("restore-store", owner.store.id, "missing").err
