"""The command `move-store`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chalicelib.platform.enums import DatabaseType, JobStatus
from chalicelib.platform.models import AuditLog, Store
from tests.infra.ops.conftest import Ops
from tests.platform.conftest import own_mysql, own_postgresql
from tests.platform.moves import run_move_to_end
from tests.platform.provisioning import owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

__all__ = ["own_mysql", "own_postgresql"]

Drain = Callable[[], list[Any]]


def test_a_store_moves_to_the_database_of_a_file(
    ops: Ops, drain: Drain, api: httpx2.Client, tmp_path: Path, own_postgresql: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    store = new_store()
    provision(owner_api(api, store), own_postgresql.body)
    file = tmp_path / "database.json"
    file.write_text(json.dumps(own_mysql.body))
    result = ops("move-store", store.id, "--database", str(file))
    assert result.code == 0, result.err
    job = json.loads(result.out)["job_id"]
    assert own_mysql.body["password"] not in result.out + result.err
    assert run_move_to_end(job).status is JobStatus.COMPLETED
    assert Store.get(store.id).database_type is DatabaseType.MYSQL
    report = json.loads(ops("job", store.id, job).out)["report"]
    assert {"products", "orders"} <= {table["table"] for table in report["proof"]["tables"]}
    drain()
    [entry] = [each for each in AuditLog.query(store.id) if each.action == "platform.move_store"]
    assert (entry.target, entry.after) == (f"job:{job}", {"type": "mysql"})
    assert entry.actor_id.startswith("cli:")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "this is not JSON"),
        ('{"type": "mysql", "password": "secret", "port": 22}', "database.mysql.host: Field required"),
        ('{"type": "oracle"}', "database: "),
        ("[]", "database: "),
    ],
)
def test_a_database_that_does_not_fit_is_refused_without_its_secrets(
    ops: Ops, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    result = ops("move-store", new_store().id, "--database", "-")
    assert (result.code, result.out) == (1, "")
    assert reason in result.err
    assert "secret" not in result.err


def test_a_missing_file_is_named(ops: Ops, tmp_path: Path) -> None:
    result = ops("move-store", "any", "--database", str(tmp_path / "missing.json"))
    assert result.code == 1
    assert "missing.json: No such file or directory" in result.err


def test_a_store_without_a_database_does_not_move(ops: Ops, monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    store = new_store()
    monkeypatch.setattr("sys.stdin", io.StringIO('{"type": "shared"}'))
    assert ops("move-store", store.id, "--database", "-").code == 1
    assert ops("move-store", "missing", "--database", "-").code == 1
    drain()
    assert list(AuditLog.query(store.id)) == []
