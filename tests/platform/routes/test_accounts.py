"""Sign-up, verification, reset, profile and deletion of owners over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import customers
from chalicelib.kit import auth, clock, unique_values
from chalicelib.kit.auth import Role
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import PlatformSetting, PlatformUser
from chalicelib.platform.service import accounts
from chalicelib.retention.models import PrivacyRequest
from tests.platform.owners import Owner, new_owner
from tests.platform.stores import new_store
from tests.together.accounts import OTHER_PASSWORD, PASSWORD, Mailbox

Drain = Callable[[], list[dict[str, Any]]]


def test_an_owner_signs_up_verifies_and_signs_in(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = Owner(api)
    assert (owner.sign_up().status_code, owner.sign_in().status_code) == (202, 401)
    assert owner.verify(mailbox.token(owner.email, "verify")).status_code == 204
    assert owner.sign_in().status_code == 201
    assert owner.account.subject == f"owner:{owner.id}"
    profile = owner.call("GET", "me").json()
    assert (profile["email"], profile["display_name"]) == (owner.email, "Olga")
    row = owner.user
    assert row.role is UserRole.OWNER
    assert row.staff_role is None
    assert row.closing_on is None


def test_mails_name_backroom_and_lead_to_the_owners_page(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = Owner(api)
    owner.sign_up()
    [text] = mailbox.mails(owner.email)
    assert text.startswith("Confirm your e-mail for Backroom")
    assert "/platform/app#verify=" in text
    assert "Together" not in text


@pytest.mark.parametrize("password", ["shortish", "elevenchars", "password1234"])
def test_an_owner_needs_a_longer_password_than_a_member(api: httpx2.Client, password: str) -> None:
    refusal = Owner(api).sign_up(password=password)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "InvalidPassword")


def test_known_and_unknown_addresses_have_one_answer(api: httpx2.Client, mailbox: Mailbox) -> None:
    known = new_owner(api, mailbox)
    again, unknown = Owner(api, known.email, OTHER_PASSWORD).sign_up(), Owner(api).sign_up()
    assert (again.status_code, again.text) == (unknown.status_code, unknown.text) == (202, "null")
    assert "You have an account at Backroom" in mailbox.mails(known.email)[-1]
    assert known.sign_in().status_code == 201


def test_nobody_signs_up_while_the_setting_closes_it(api: httpx2.Client) -> None:
    PlatformSetting("sign_up", value={"is_open": False}, version=1, updated_at=clock.now()).save()
    refusal = Owner(api).sign_up()
    assert (refusal.status_code, refusal.json()["code"]) == (403, "SignUpClosed")


def test_an_address_may_have_an_account_in_each_realm(api: httpx2.Client, mailbox: Mailbox) -> None:
    from tests.together.accounts import new_account

    member = new_account(api, mailbox)
    owner = Owner(api, member.email)
    assert owner.sign_in().status_code == 401
    assert owner.sign_up().status_code == 202
    assert owner.verify(mailbox.token(owner.email, "verify")).status_code == 204
    assert owner.sign_in().status_code == 201
    assert owner.refresh(member.tokens["refresh_token"]).status_code == 401
    assert (
        api.get("/v1/platform/me", headers={"Authorization": f"Bearer {member.tokens['access_token']}"}).status_code
        == 403
    )


def test_a_reset_ends_all_sessions(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = new_owner(api, mailbox)
    assert api.post("/v1/platform/accounts/reset", json={"email": owner.email}).status_code == 202
    body = {"token": mailbox.token(owner.email, "reset"), "password": OTHER_PASSWORD}
    assert api.put("/v1/platform/accounts/reset", json=body | {"password": "tooshort"}).status_code == 422
    assert api.put("/v1/platform/accounts/reset", json=body).status_code == 204
    assert owner.call("GET", "me").status_code == 401
    assert (owner.sign_in().status_code, owner.sign_in(OTHER_PASSWORD).status_code) == (401, 201)


def test_a_profile_is_changed_by_version(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = new_owner(api, mailbox)
    etag = owner.call("GET", "me").headers["etag"]
    changed = owner.call("PATCH", "me", {"display_name": "Olga B."}, if_match=etag)
    assert (changed.status_code, changed.json()["display_name"]) == (200, "Olga B.")
    assert owner.call("PATCH", "me", {"display_name": "Other"}, if_match=etag).status_code == 412
    assert owner.call("PATCH", "me", {"role": "admin"}).status_code == 422


def test_a_changed_password_ends_the_other_sessions(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = new_owner(api, mailbox)
    phone = Owner(api, owner.email)
    phone.sign_in()
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert owner.call("PUT", "me/password", body | {"current_password": "wrong"}).status_code == 403
    assert owner.call("PUT", "me/password", body).status_code == 204
    assert (owner.call("GET", "me").status_code, phone.call("GET", "me").status_code) == (200, 401)


def test_a_changed_email_is_confirmed_at_the_new_address_and_undone_from_the_old(
    api: httpx2.Client, mailbox: Mailbox
) -> None:
    owner, new = new_owner(api, mailbox), Owner(api).email
    store = new_store(owner.id)
    assert owner.call("POST", "me/email", {"email": new, "password": PASSWORD}).status_code == 202
    assert owner.call("GET", "me").json()["pending_email"] == new
    confirm = api.post("/v1/platform/accounts/email", json={"token": mailbox.token(new, "email")})
    assert confirm.status_code == 204
    assert owner.call("GET", "me").json()["email"] == new
    assert customers.get(OwnerType.STORE, store.id).email == new
    undo = api.post("/v1/platform/accounts/email", json={"token": mailbox.token(owner.email, "undo")})
    assert undo.status_code == 204
    assert owner.call("GET", "me").status_code == 401  # the sessions ended
    assert owner.sign_in().status_code == 201
    assert owner.call("GET", "me").json()["email"] == owner.email
    assert customers.get(OwnerType.STORE, store.id).email == owner.email


def test_an_owner_with_stores_is_not_deleted(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = new_owner(api, mailbox)
    PlatformUser(owner.id).update([PlatformUser.store_count.set(1)])
    refusal = owner.call("DELETE", "me", {"password": PASSWORD})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "StoresLeft")
    assert owner.call("GET", "me").status_code == 200
    PlatformUser(owner.id).update([PlatformUser.store_count.add(-1)])
    assert owner.call("DELETE", "me", {"password": OTHER_PASSWORD}).status_code == 403
    assert owner.call("DELETE", "me", {"password": PASSWORD}).status_code == 202
    assert owner.call("GET", "me").status_code == 401


def test_a_store_made_while_the_account_closes_wins(
    api: httpx2.Client, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.kit import sessions

    owner, listed = new_owner(api, mailbox), sessions.list_sessions
    user_id = owner.id

    def list_and_add_store(subject: str) -> list[Any]:
        PlatformUser(user_id).update([PlatformUser.store_count.set(1)])
        return listed(subject)

    monkeypatch.setattr(sessions, "list_sessions", list_and_add_store)
    assert owner.call("DELETE", "me", {"password": PASSWORD}).json()["code"] == "StoresLeft"
    assert owner.user.is_active


def test_a_deleted_owner_is_erased_after_7_days_unless_they_sign_in(
    api: httpx2.Client, mailbox: Mailbox, drain: Drain
) -> None:
    gone, kept = new_owner(api, mailbox), new_owner(api, mailbox)
    for owner in (gone, kept):
        assert owner.call("DELETE", "me", {"password": PASSWORD}).status_code == 202
    assert kept.sign_in().status_code == 201
    due, user_id = clock.now() + timedelta(days=7, minutes=1), gone.id
    assert accounts.expire_owners(due) == 1
    assert accounts.expire_owners(due) == 1  # a repeated run publishes again
    assert drain() == []
    [request] = list(PrivacyRequest.scan())
    assert (request.origin, request.kind) == ("platform/deletion", "erase")
    assert list(PlatformUser.query(user_id)) == []
    assert unique_values.owner_of(unique_values.value_key("platform", "users", "email", gone.email)) is None
    assert kept.call("GET", "me").status_code == 200


def test_unverified_accounts_go_after_7_days(api: httpx2.Client) -> None:
    late = Owner(api)
    late.sign_up()
    row = late.user
    assert accounts.expire_owners(row.updated_at + timedelta(days=7)) == 1
    assert list(PlatformUser.query(row.id)) == []
    assert late.sign_up().status_code == 202


@pytest.mark.parametrize("role", [Role.MEMBER, Role.STORE_OWNER, Role.OPERATOR, Role.SUPPORT])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "me"),
        ("PATCH", "me"),
        ("DELETE", "me"),
        ("PUT", "me/password"),
        ("POST", "me/email"),
        ("GET", "sessions"),
        ("DELETE", "sessions"),
        ("DELETE", "sessions/current"),
    ],
)
def test_no_other_role_reaches_an_owners_account(api: httpx2.Client, role: Role, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(role, 'somebody')}"}
    assert api.request(method, f"/v1/platform/{path}", json={}, headers=headers).status_code == 403
