"""Keys and tokens of a store over HTTP: shown once, stored as a hash, at most ten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import jwt
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Customer
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.models import IdempotencyRecord
from chalicelib.platform.domain.store_keys import split_key
from chalicelib.platform.models import AuditLog, Store
from tests.platform.clients import PlatformClient, new_account
from tests.platform.stores import new_store

Drain = Callable[[], list[Any]]
BODY = {"name": "warehouse", "scope": "read"}


def owned_store(api: httpx2.Client) -> tuple[Store, PlatformClient]:
    owner = new_account()
    return new_store(owner.id), PlatformClient(api, owner.id)


def test_a_key_is_shown_once_and_stored_as_a_hash(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    response = client.call("POST", f"platform/stores/{store.id}/keys", BODY)
    created = response.json()
    assert response.status_code == 201
    assert split_key(created["key"]) == (store.id, created["id"])
    assert len(created["key"].split(".")[2]) == 43
    [(key_id, entry)] = Store.get(store.id).api_keys.items()
    assert key_id == created["id"]
    assert entry[:3] == [hashlib.sha256(created["key"].encode()).digest(), "read", "warehouse"]
    listed = client.call("GET", f"platform/stores/{store.id}/keys")
    assert listed.json() == {"items": [{name: value for name, value in created.items() if name != "key"}]}


def test_a_repeated_request_creates_one_key_and_shows_it_once(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    path = f"platform/stores/{store.id}/keys"
    first, second = (client.call("POST", path, BODY, Idempotency_Key="k").json() for _ in range(2))
    assert first["key"] is not None
    assert second == first | {"key": None}
    assert len(Store.get(store.id).api_keys) == 1
    assert all(first["key"] not in str(record.response) for record in IdempotencyRecord.scan())


def test_parallel_keys_end_at_ten(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    names = [{"name": f"key {n}", "scope": "write"} for n in range(14)]
    with ThreadPoolExecutor(7) as pool:
        path = f"platform/stores/{store.id}/keys"
        responses = list(pool.map(lambda body: client.call("POST", path, body), names))
    codes = sorted(response.status_code for response in responses)
    assert codes == [*[201] * 10, *[409] * 4]
    assert {response.json()["code"] for response in responses if response.status_code == 409} == {
        "StoreKeyLimitReached"
    }
    assert len(Store.get(store.id).api_keys) == 10


def test_a_revoked_key_leaves_the_others(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    path = f"platform/stores/{store.id}/keys"
    one, two = (client.call("POST", path, BODY).json() for _ in range(2))
    assert client.call("DELETE", f"{path}/{one['id']}").status_code == 204
    assert list(Store.get(store.id).api_keys) == [two["id"]]
    assert client.call("DELETE", f"{path}/{one['id']}").json()["code"] == "StoreKeyNotFound"


def test_the_audit_log_names_keys_and_holds_no_secret(api: httpx2.Client, drain: Drain) -> None:
    store, client = owned_store(api)
    created = client.call("POST", f"platform/stores/{store.id}/keys", BODY).json()
    client.call("DELETE", f"platform/stores/{store.id}/keys/{created['id']}")
    assert drain() == []
    entries = list(AuditLog.query(store.id))
    assert [entry.action for entry in entries] == ["platform.create_store_key", "platform.revoke_store_key"]
    assert [entry.target for entry in entries] == [f"store_key:{created['id']}"] * 2
    assert entries[0].after == entries[1].before == BODY
    assert all(created["key"].split(".")[2] not in str(entry.attribute_values) for entry in entries)


@pytest.mark.parametrize("body", [{"name": "x" * 33, "scope": "read"}, {"name": "x", "scope": "admin"}])
def test_an_invalid_key_is_refused(api: httpx2.Client, body: dict[str, str]) -> None:
    store, client = owned_store(api)
    assert client.call("POST", f"platform/stores/{store.id}/keys", body).status_code == 422


def test_nobody_but_the_owner_creates_or_revokes_keys(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    path = f"platform/stores/{store.id}/keys"
    key = client.call("POST", path, BODY).json()
    stranger = PlatformClient(api, new_account().id)
    assert stranger.call("GET", path).json()["code"] == "StoreNotFound"
    callers = [
        (stranger, 404),
        (PlatformClient(api, "op", Role.OPERATOR), 403),
        (PlatformClient(api, "help", Role.SUPPORT), 403),
        (PlatformClient(api, store.id, Role.STORE_OWNER), 403),
    ]
    for caller, status in callers:
        assert caller.call("POST", path, BODY).status_code == status
        assert caller.call("DELETE", f"{path}/{key['id']}").status_code == status
    assert list(Store.get(store.id).api_keys) == [key["id"]]
    assert PlatformClient(api, "help", Role.SUPPORT).call("GET", path).status_code == 200


def test_a_token_of_the_store_is_for_its_owner_alone(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    answer = client.call("POST", f"platform/stores/{store.id}/token").json()
    account = auth.verify(answer["access_token"], Role.STORE_OWNER)
    assert (account.id, account.actor) == (store.id, f"owner:{client.account_id}")
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    assert "act" in jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert PlatformClient(api, new_account().id).call("POST", f"platform/stores/{store.id}/token").status_code == 404
    operator = PlatformClient(api, "op", Role.OPERATOR)
    assert operator.call("POST", f"platform/stores/{store.id}/token").status_code == 403


def test_a_token_makes_the_store_known_to_billing(api: httpx2.Client) -> None:
    store, client = owned_store(api)
    token = client.call("POST", f"platform/stores/{store.id}/token").json()["access_token"]
    assert Customer.get(OwnerType.STORE, store.id).name == store.name
    response = api.get("/v1/billing/subscription", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["plan_name"]) == (200, "free")


def test_an_unknown_store_has_no_keys(api: httpx2.Client) -> None:
    client = PlatformClient(api, new_account().id)
    assert client.call("POST", f"platform/stores/{ids.new()}/keys", BODY).json()["code"] == "StoreNotFound"
