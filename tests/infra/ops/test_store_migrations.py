"""Operator commands about migrations of all stores."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalicelib.platform.enums import DatabaseStatus, DatabaseType
from chalicelib.platform.models import Store
from tests.infra.ops.conftest import Ops
from tests.platform.stores import new_store


def unconnected_store() -> Store:
    """Return an active store whose connection was never stored."""
    return new_store(database_type=DatabaseType.MYSQL, database_status=DatabaseStatus.ACTIVE, schema_revision="0001")


def test_a_run_is_started_and_its_failed_stores_are_listed(ops: Ops, drain: Callable[[], list[Any]]) -> None:
    store = unconnected_store()
    started = ops("migrate-stores", "--no-canary")
    assert started.code == 0
    run = json.loads(started.out)
    assert ops("migrate-stores").code == 1

    assert drain() == []
    report = ops("migration", run["id"])
    assert report.code == 1
    [failed] = json.loads(report.out)
    assert (failed["store_id"], failed["error_message"]) == (store.id, "The store has no database yet")
    assert "completed: 1 stores, 0 done, 1 failed, 0 skipped" in report.err
    assert json.loads(ops("migration", run["id"], "--status", "completed").out) == []


def test_an_unknown_run_is_refused(ops: Ops) -> None:
    result = ops("migration", "missing")
    assert (result.code, result.out) == (1, "")
