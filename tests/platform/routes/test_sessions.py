"""Sign-in, refresh, revocation and cookies of owners and staff over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from chalicelib.kit import auth, clock, sessions
from chalicelib.kit.auth import Role
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import PlatformUser
from tests.platform.owners import PAGE, Owner, new_owner
from tests.together.accounts import Mailbox


@pytest.fixture
def owner(api: httpx2.Client, mailbox: Mailbox) -> Owner:
    return new_owner(api, mailbox)


def test_a_lost_answer_of_a_refresh_is_repeated_and_a_stolen_token_ends_the_session(
    owner: Owner, mailbox: Mailbox
) -> None:
    first = owner.tokens["refresh_token"]
    second = owner.refresh(first).json()["refresh_token"]
    assert owner.refresh(first).json()["refresh_token"] == second  # the answer was lost, or two tabs
    third = owner.refresh(second).json()["refresh_token"]
    reuse = owner.refresh(first)
    assert (reuse.status_code, reuse.json()["code"]) == (401, "RefreshTokenReused")
    assert owner.refresh(third).status_code == 401
    assert owner.call("GET", "me").status_code == 401
    assert "signed out of Backroom" in mailbox.mails(owner.email)[-1]


def test_an_owners_session_lasts_90_days(owner: Owner) -> None:
    [session] = sessions.list_sessions(f"owner:{owner.id}")
    assert abs(session.ends_at - session.created_at - timedelta(days=90)) < timedelta(seconds=1)


def test_a_browser_has_its_tokens_in_cookies_of_the_platforms_sessions(api: httpx2.Client, owner: Owner) -> None:
    answer = owner.sign_in(headers=PAGE, cookie=True)
    assert (answer.status_code, set(answer.json())) == (201, {"access_token", "session_id"})
    for cookie in answer.headers.get_list("set-cookie"):
        assert {"HttpOnly", "SameSite=Strict", "Path=/v1/platform/sessions"} <= set(cookie.split("; "))
    assert owner.refresh().status_code == 401  # without the header of our pages
    assert owner.refresh(headers=PAGE).status_code == 200
    assert api.post("/v1/platform/sessions/revoke", json={}, headers=PAGE).status_code == 204
    assert "backroom_refresh" not in api.cookies
    assert owner.call("GET", "me").status_code == 401


def test_revocation_ends_the_session_of_a_refresh_token_and_ignores_other_text(
    api: httpx2.Client, owner: Owner
) -> None:
    old = owner.tokens["refresh_token"]
    owner.refresh(old)
    assert api.post("/v1/platform/sessions/revoke", json={"refresh_token": "x.y"}).status_code == 204
    assert owner.call("GET", "me").status_code == 200
    assert api.post("/v1/platform/sessions/revoke", json={"refresh_token": old}).status_code == 204
    assert owner.call("GET", "me").status_code == 401
    assert api.post("/v1/platform/sessions/revoke", json={}).status_code == 401


def test_sessions_are_listed_and_ended_by_their_owner_alone(api: httpx2.Client, owner: Owner, mailbox: Mailbox) -> None:
    phone, other = Owner(api, owner.email), new_owner(api, mailbox)
    phone.sign_in(device_name="phone")
    listed = owner.call("GET", "sessions").json()["items"]
    assert [(each["device"], each["is_current"]) for each in listed] == [("phone", False), (None, True)]
    assert other.call("DELETE", f"sessions/{phone.tokens['session_id']}").status_code == 404
    assert owner.call("DELETE", f"sessions/{phone.tokens['session_id']}").status_code == 204
    assert phone.call("GET", "me").status_code == 401


def test_a_stores_token_ends_with_the_session_for_billing_but_not_for_the_data_api(owner: Owner) -> None:
    token = auth.mint_store_token("a-store", owner.account)
    assert auth.verify_session(token, Role.STORE_OWNER).actor == f"owner:{owner.id}"
    assert owner.call("DELETE", "sessions/current").status_code == 204
    assert auth.verify(token, Role.STORE_OWNER).id == "a-store"
    with pytest.raises(sessions.SessionEnded):
        auth.verify_session(token, Role.STORE_OWNER)


def test_an_account_that_changed_its_role_is_not_refreshed(owner: Owner) -> None:
    PlatformUser(owner.id).update([PlatformUser.role.set(UserRole.SUPPORT)])
    assert owner.refresh(owner.tokens["refresh_token"]).status_code == 401


def test_guesses_at_one_realm_do_not_block_the_other(api: httpx2.Client, mailbox: Mailbox, owner: Owner) -> None:
    from tests.together.accounts import OTHER_PASSWORD, Person

    member = Person(api, owner.email)
    assert [member.sign_in(OTHER_PASSWORD).status_code for _ in range(11)] == [401] * 10 + [429]
    assert owner.sign_in().status_code == 201


def test_the_last_sign_in_is_recorded(owner: Owner) -> None:
    last = owner.user.last_login_at
    assert last is not None
    assert clock.now() - last < timedelta(minutes=1)
