"""The commands `stores`, `store`, `suspend-store`, `reactivate-store` and `undelete-store`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import AuditLog, Store
from tests.infra.ops.conftest import Ops
from tests.platform.clients import PlatformClient, new_account
from tests.platform.stores import new_store

Drain = Callable[[], list[Any]]


def ids(text: str) -> list[str]:
    """Return the first column of the lines."""
    return sorted(line.split("\t")[0] for line in text.splitlines())


def test_stores_are_found_by_owner_short_name_and_status(ops: Ops, drain: Drain) -> None:
    owner = new_account()
    one = new_store(owner.id, slug="tea-house", database_status=DatabaseStatus.FAILED)
    two = new_store(owner.id)
    new_store()
    assert ids(ops("stores", "--owner", owner.id).out) == sorted([one.id, two.id])
    assert ids(ops("stores", "--owner", owner.email).out) == sorted([one.id, two.id])
    assert ids(ops("stores", "--status", "failed").out) == [one.id]
    line = ops("stores", "--slug", "tea-house").out
    assert line == f"{one.id}\ttea-house\t{owner.id}\t-\tfailed\tTrue\tfree\n"
    assert ops("stores", "--slug", "coffee-house").out == ""
    [row] = json.loads(ops("stores", "--slug", "tea-house", "--json").out)
    assert (row["id"], row["limits"]["max_products"]) == (one.id, one.limits["max_products"])
    assert drain() == []
    [entry] = AuditLog.query("platform")
    assert (entry.action, entry.target, entry.actor_type) == ("platform.read_user", f"user:{owner.id}", "operator")


def test_more_stores_than_a_page_are_all_listed(ops: Ops) -> None:
    stores = [new_store("owner").id for _ in range(103)]
    assert ids(ops("stores", "--owner", "owner").out) == sorted(stores)


def test_an_address_without_an_account_is_refused(ops: Ops) -> None:
    result = ops("stores", "--owner", "nobody@example.com")
    assert (result.code, result.out) == (1, "")
    assert "no account has the address" in result.err


def test_a_store_is_suspended_and_reactivated_with_audit_entries(ops: Ops, drain: Drain) -> None:
    store = new_store(database_status=DatabaseStatus.ACTIVE)
    assert ops("suspend-store", store.id, "--reason", "unpaid").code == 0
    shown = json.loads(ops("store", store.id).out)
    assert (shown["is_active"], shown["suspended_reason"]) == (False, "unpaid")
    assert ops("reactivate-store", store.id).code == 0
    assert Store.get(store.id).database_status is DatabaseStatus.ACTIVE
    assert drain() == []
    entries = {entry.action: entry for entry in AuditLog.query(store.id)}
    assert entries.keys() == {"platform.suspend_store", "platform.reactivate_store"}
    assert entries["platform.suspend_store"].after == {"reason": "unpaid"}
    assert {entry.actor_id.partition(":")[0] for entry in entries.values()} == {"cli"}


def test_the_deletion_of_a_store_is_undone(ops: Ops, drain: Drain, api: httpx2.Client) -> None:
    owner = new_account()
    store = new_store(owner.id)
    deleted = PlatformClient(api, owner.id).call("DELETE", f"platform/stores/{store.id}", {"confirm": store.slug})
    assert deleted.status_code == 202, deleted.text
    assert ops("undelete-store", store.id).code == 0
    assert Store.get(store.id).deletion_due_at is None
    drain()
    [entry] = [each for each in AuditLog.query(store.id) if each.action == "platform.undelete_store"]
    assert entry.actor_id.startswith("cli:")


def test_an_unknown_store_and_a_reason_of_the_wrong_length_are_refused(ops: Ops, drain: Drain) -> None:
    for arguments in (["store"], ["suspend-store", "--reason", "unpaid"], ["reactivate-store"]):
        result = ops(arguments[0], "missing", *arguments[1:])
        assert (result.code, result.out) == (1, "")
        assert "Store not found" in result.err
    store = new_store()
    result = ops("suspend-store", store.id, "--reason", "x" * 201)
    assert result.err.startswith("backroom: reason: ")
    assert Store.get(store.id).is_active
    assert drain() == []
    assert list(AuditLog.query(store.id)) == []
