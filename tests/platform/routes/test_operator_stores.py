"""Stores of all owners for operators and support; suspension and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit.auth import Role
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import AuditLog, Store
from tests.platform.clients import PlatformClient, new_account
from tests.platform.stores import new_store

Drain = Callable[[], list[Any]]
STORES = "operator/platform/stores"


def found(client: PlatformClient, query: str) -> set[str]:
    response = client.call("GET", f"{STORES}?{query}")
    assert response.status_code == 200, response.text
    return {row["id"] for row in response.json()["items"]}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPPORT])
def test_stores_are_found_by_owner_slug_and_database_status(api: httpx2.Client, role: Role) -> None:
    client = PlatformClient(api, "staff", role)
    one = new_store("owner", slug="tea-house", database_status=DatabaseStatus.ACTIVE)
    two = new_store("owner", database_status=DatabaseStatus.FAILED)
    new_store()
    assert found(client, "owner_id=owner") == {one.id, two.id}
    assert found(client, "slug=tea-house") == {one.id}
    assert found(client, "slug=coffee-house") == set()
    assert found(client, "database_status=failed") == {two.id}
    assert client.call("GET", f"{STORES}/{two.id}").json()["owner_id"] == "owner"


@pytest.mark.parametrize("query", ["", "?owner_id=a&slug=tea", "?colour=red", "?database_status=lost"])
def test_a_list_takes_exactly_one_filter(api: httpx2.Client, query: str) -> None:
    assert PlatformClient(api, "op", Role.OPERATOR).call("GET", f"{STORES}{query}").status_code == 422


def test_a_suspended_store_is_active_as_before_when_the_suspension_ends(api: httpx2.Client, drain: Drain) -> None:
    client = PlatformClient(api, "op", Role.OPERATOR)
    store = new_store(database_status=DatabaseStatus.ACTIVE)
    suspended = client.call("POST", f"{STORES}/{store.id}/suspend", {"reason": "unpaid"}).json()
    assert (suspended["is_active"], suspended["suspended_reason"]) == (False, "unpaid")
    assert suspended["database_status"] == "suspended"
    owned = PlatformClient(api, store.owner_id).call("GET", f"platform/stores/{store.id}").json()
    assert owned["suspended_reason"] == "unpaid"
    active = client.call("POST", f"{STORES}/{store.id}/reactivate").json()
    assert (active["is_active"], active["suspended_reason"]) == (True, None)
    assert active["database_status"] == "active"
    assert client.call("POST", f"{STORES}/{store.id}/reactivate").json() == active
    assert drain() == []
    entries = [(entry.action, entry.after) for entry in AuditLog.query(store.id)]
    assert entries[0] == ("platform.suspend_store", {"reason": "unpaid"})
    assert {action for action, _ in entries[1:]} == {"platform.reactivate_store"}


@pytest.mark.parametrize("status", [None, DatabaseStatus.FAILED, DatabaseStatus.PROVISIONING])
def test_a_suspension_keeps_another_status_of_the_database(api: httpx2.Client, status: DatabaseStatus | None) -> None:
    client = PlatformClient(api, "op", Role.OPERATOR)
    store = new_store(database_status=status)
    client.call("POST", f"{STORES}/{store.id}/suspend", {"reason": "fraud"})
    assert Store.get(store.id).database_status is status
    client.call("POST", f"{STORES}/{store.id}/reactivate")
    assert Store.get(store.id).database_status is status


def test_only_operators_suspend(api: httpx2.Client) -> None:
    owner = new_account()
    store = new_store(owner.id)
    for client in (PlatformClient(api, "help", Role.SUPPORT), PlatformClient(api, owner.id)):
        for body, verb in (({"reason": "spite"}, "suspend"), (None, "reactivate")):
            assert client.call("POST", f"{STORES}/{store.id}/{verb}", body).status_code == 403
    assert PlatformClient(api, owner.id).call("GET", f"{STORES}/{store.id}").status_code == 403
    assert Store.get(store.id).is_active


def test_an_unknown_store_is_not_found(api: httpx2.Client) -> None:
    client = PlatformClient(api, "op", Role.OPERATOR)
    assert client.call("GET", f"{STORES}/unknown").json()["code"] == "StoreNotFound"
    assert client.call("POST", f"{STORES}/unknown/suspend", {"reason": "fraud"}).json()["code"] == "StoreNotFound"
