"""The audit log over HTTP: who reads what, and what messages leave there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2

from chalicelib.kit import audit as kit_audit
from chalicelib.kit import auth, clock, ids, messages
from chalicelib.kit.audit import OperatorActed
from chalicelib.kit.auth import Account, Role
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.models import AuditLog
from chalicelib.platform.service import audit
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]


def read(api: httpx2.Client, path: str, role: Role = Role.OPERATOR, account_id: str = "op", **query: Any) -> Any:
    headers = {"Authorization": f"Bearer {auth.mint(role, account_id)}"}
    return api.get(f"/v1/{path}", headers=headers, params=query)


def change(scope: str, **after: Any) -> Change:
    return Change(scope, "platform.change_store", f"store:{scope}", {}, after)


def test_an_owner_reads_the_changes_of_their_store_with_those_of_operators(api: httpx2.Client, drain: Drain) -> None:
    store, other = new_store(), new_store()
    owner, operator = Account(Role.OWNER, store.owner_id), Account(Role.OPERATOR, "op")
    audit.publish_change(owner, change(store.id, name="Tea"), "198.51.100.77")
    audit.publish_change(owner, change(other.id, name="Coffee"))
    kit_audit.publish_operator_action(operator, "platform.suspend_store", f"store:{store.id}", reason="fraud")
    assert drain() == []
    response = read(api, f"platform/stores/{store.id}/audit", Role.OWNER, store.owner_id)
    entries = [(row["action"], row["actor_type"], row["after"]) for row in response.json()["items"]]
    assert entries == [
        ("platform.suspend_store", "operator", {"reason": "fraud"}),
        ("platform.change_store", "owner", {"name": "Tea"}),
    ]
    assert "198.51" not in response.text
    assert {row.ip_address for row in AuditLog.query(store.id)} == {None, "198.51.100.0/24"}


def test_another_owners_store_is_not_found_and_support_reads_each(api: httpx2.Client) -> None:
    path = f"platform/stores/{new_store().id}/audit"
    response = read(api, path, Role.OWNER, ids.new())
    assert (response.status_code, response.json()["code"]) == (404, "StoreNotFound")
    assert [read(api, path, role).status_code for role in (Role.SUPPORT, Role.OPERATOR)] == [200, 200]
    assert read(api, path, Role.STORE_OWNER).status_code == 403
    assert read(api, "operator/platform/audit", Role.OWNER).status_code == 403


def test_a_message_that_arrives_twice_is_one_entry_and_never_changes_it(drain: Drain) -> None:
    scope = ids.new()
    message = audit.message_of(Account(Role.OWNER, "o"), change(scope, name="Tea"))
    for each in (message, message, message.model_copy(update={"after": {"name": "Forged"}})):
        messages.publish(each)
    acted = OperatorActed(actor="op", action="shops.replay_delivery", subject=f"store:{scope}")
    for _ in range(2):
        messages.publish(acted)
    assert drain() == []
    assert [row.after for row in AuditLog.query(scope)] == [{"name": "Tea"}, None]


def test_operators_read_by_scope_by_actor_and_by_time(api: httpx2.Client, drain: Drain) -> None:
    scopes, actor = [ids.new(), ids.new()], ids.new()
    for scope in scopes:
        audit.publish_change(Account(Role.OWNER, actor), change(scope, name="Tea"))
    kit_audit.publish_operator_action(Account(Role.SUPPORT, "agent"), "together.read_perk", "perk:p1")
    assert drain() == []

    def targets(**query: Any) -> list[str]:
        return [row["target"] for row in read(api, "operator/platform/audit", **query).json()["items"]]

    assert targets() == ["perk:p1"]
    assert targets(scope=scopes[0]) == [f"store:{scopes[0]}"]
    assert targets(actor=actor) == [f"store:{scope}" for scope in reversed(scopes)]
    now = clock.now()
    hour_ago, hour_later = clock.iso(now - timedelta(hours=1)), clock.iso(now + timedelta(hours=1))
    assert targets(actor=actor, **{"from": hour_ago, "to": hour_later}) == targets(actor=actor)
    assert targets(actor=actor, **{"from": hour_later}) == targets(actor=actor, to=hour_ago) == []
    assert read(api, "operator/platform/audit", scope="platform").json()["items"][0]["actor_type"] == "support"


def test_large_fields_are_stored_in_s3_and_read_back(api: httpx2.Client, drain: Drain) -> None:
    store = new_store()
    audit.publish_change(Account(Role.OWNER, store.owner_id), change(store.id, notes="ä" * 5_000))
    assert drain() == []
    [row] = AuditLog.query(store.id)
    assert row.after.startswith("s3://")
    [entry] = read(api, f"platform/stores/{store.id}/audit").json()["items"]
    assert entry["after"] == {"notes": "ä" * 5_000}


def test_pages_continue_where_the_last_one_ended(api: httpx2.Client, drain: Drain) -> None:
    store = new_store()
    for number in range(5):
        audit.publish_change(Account(Role.OWNER, store.owner_id), change(store.id, number=number))
    assert drain() == []
    numbers: list[int] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = read(api, f"platform/stores/{store.id}/audit", **query).json()
        numbers += [row["after"]["number"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert numbers == [4, 3, 2, 1, 0]


def test_the_entry_of_a_new_key_holds_no_part_of_it(api: httpx2.Client, drain: Drain) -> None:
    store = new_store()
    headers = {"Authorization": f"Bearer {auth.mint(Role.OWNER, store.owner_id)}", "Idempotency-Key": ids.new()}
    body = {"name": "till", "scope": "write"}
    response = api.post(f"/v1/platform/stores/{store.id}/keys", headers=headers, json=body)
    assert response.status_code == 201, response.text
    assert drain() == []
    text = read(api, f"platform/stores/{store.id}/audit").text
    [entry] = AuditLog.query(store.id)
    assert (entry.actor_id, entry.actor_type) == (store.owner_id, "owner")
    secret = response.json()["key"].rpartition(".")[2]
    assert secret not in text
    assert "till" in text
