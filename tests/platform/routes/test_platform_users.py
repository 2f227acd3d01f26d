"""Accounts as operators look them up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids, unique_values
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import AuditLog, PlatformUser

Drain = Callable[[], list[dict[str, Any]]]
SECRETS: dict[str, Any] = {"password_hash": "$argon2id$secret", "totp_secret": "v1:key:secret"}


def new_user(role: UserRole = UserRole.OWNER) -> PlatformUser:
    """Write an account."""
    now, user_id = clock.now(), ids.new()
    staff_role = None if role is UserRole.OWNER else role.value
    row = PlatformUser(user_id, email=f"{user_id}@example.com", role=role, staff_role=staff_role, **SECRETS)
    row.created_at = row.updated_at = now
    with Transaction() as transaction:
        transaction.add(row)
        key = unique_values.value_key("platform", "users", "email", row.email)
        unique_values.claim(transaction, key, row.id, Conflict())
    return row


def get(api: httpx2.Client, path: str = "", account: Role = Role.SUPPORT, **query: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {auth.mint(account, 'agent')}"}
    return api.get(f"/v1/operator/platform/users{path}", headers=headers, params=query)


def test_an_account_is_found_by_address_and_by_id_and_each_access_is_audited(api: httpx2.Client, drain: Drain) -> None:
    owner = new_user()
    [found] = get(api, email=f" {owner.email.upper()} ").json()["items"]
    response = get(api, f"/{owner.id}")
    assert found == response.json()
    assert (found["id"], found["role"], found["is_active"]) == (owner.id, "owner", True)
    assert "secret" not in response.text
    assert drain() == []
    entries = [(row.action, row.target, row.actor_type) for row in AuditLog.query("platform")]
    assert entries == [("platform.read_user", f"user:{owner.id}", "support")] * 2


def test_staff_is_listed_by_role(api: httpx2.Client) -> None:
    support, admin, _ = new_user(UserRole.SUPPORT), new_user(UserRole.ADMIN), new_user()
    assert [user["id"] for user in get(api, role="support").json()["items"]] == [support.id]
    assert [user["id"] for user in get(api, role="admin").json()["items"]] == [admin.id]


def test_an_unknown_account_is_not_found(api: httpx2.Client) -> None:
    assert get(api, email="nobody@example.com").json()["items"] == []
    response = get(api, f"/{ids.new()}")
    assert (response.status_code, response.json()["code"]) == (404, "UserNotFound")


@pytest.mark.parametrize("query", [{}, {"role": "owner"}, {"role": "admin", "email": "a@example.com"}])
def test_one_of_role_and_address_is_needed(api: httpx2.Client, query: dict[str, Any]) -> None:
    assert get(api, **query).status_code == 422


def test_an_owner_reads_no_accounts(api: httpx2.Client) -> None:
    assert get(api, "", Role.OWNER, email="a@example.com").status_code == 403
