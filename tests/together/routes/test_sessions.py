"""Sign-in, refresh, device tokens and cookies over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import clock, ids, sessions
from chalicelib.kit.models import Attempt
from chalicelib.together.models import User
from chalicelib.together.service import sessions as session_service
from chalicelib.together.service.sessions import SignIn
from tests.together.accounts import OTHER_PASSWORD, PASSWORD, Mailbox, Person, new_account

PAGE = {"X-Backroom": "1"}


@pytest.fixture
def person(api: httpx2.Client, mailbox: Mailbox) -> Person:
    """A person with an account who is signed in."""
    return new_account(api, mailbox)


def refresh(api: httpx2.Client, token: str | None, headers: dict[str, str] | None = None) -> httpx2.Response:
    body = {"refresh_token": token} if token else {}
    return api.post("/v1/together/sessions/refresh", json=body, headers=headers)


def guess_from(email: str, source_ip: str, device_token: str | None = None, password: str = OTHER_PASSWORD) -> str:
    """Sign in from an address and return the name of the problem, or `ok`."""
    try:
        session_service.sign_in(SignIn(email, password, None, device_token, source_ip))
    except Exception as problem:
        return type(problem).__name__
    return "ok"


def test_a_refresh_rotates_and_keeps_the_session(api: httpx2.Client, person: Person) -> None:
    first = person.tokens
    answer = refresh(api, first["refresh_token"])
    assert answer.status_code == 200
    second = answer.json()
    assert second["session_id"] == first["session_id"]
    assert second["refresh_token"] != first["refresh_token"]
    assert "device_token" not in second
    assert refresh(api, first["refresh_token"]).json()["refresh_token"] == second["refresh_token"]
    person.tokens = second
    assert person.call("GET", "me").status_code == 200


def test_an_old_refresh_token_ends_the_session_with_a_mail(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    first = person.tokens["refresh_token"]
    second = refresh(api, first).json()["refresh_token"]
    third = refresh(api, second).json()["refresh_token"]
    answer = refresh(api, first)
    assert (answer.status_code, answer.json()["code"]) == (401, "RefreshTokenReused")
    assert refresh(api, third).status_code == 401
    assert person.call("GET", "me").status_code == 401
    assert "signed out" in mailbox.mails(person.email)[-1]
    assert len(mailbox.mails(person.email)) == 2


def test_forged_refresh_tokens_and_those_of_erased_members_are_refused(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    token = person.tokens["refresh_token"]
    for wrong in ("x", token[:-3] + "abc", None):
        assert (refresh(api, wrong).status_code, refresh(api, wrong).json()["code"]) == (401, "SessionEnded")
    User(person.row.id).delete()
    assert refresh(api, token).status_code == 401


def test_a_members_token_refreshes_their_own_session_only(api: httpx2.Client, person: Person, mailbox: Mailbox) -> None:
    other = new_account(api, mailbox)
    answer = refresh(api, other.tokens["refresh_token"]).json()
    assert answer["session_id"] == other.tokens["session_id"] != person.tokens["session_id"]
    assert person.call("GET", "me").json()["id"] != other.call("GET", "me").json()["id"]


def test_sessions_are_listed_and_ended(api: httpx2.Client, person: Person) -> None:
    phone = Person(api, person.email)
    phone.sign_in(device_name="Ada’s phone")
    listed = person.call("GET", "sessions").json()["items"]
    assert [(each["device"], each["is_current"]) for each in listed] == [("Ada’s phone", False), (None, True)]
    assert person.call("DELETE", f"sessions/{phone.tokens['session_id']}").status_code == 204
    assert phone.call("GET", "me").status_code == 401
    assert person.call("DELETE", f"sessions/{phone.tokens['session_id']}").status_code == 404
    phone.sign_in()
    assert person.call("DELETE", "sessions").status_code == 204
    assert (phone.call("GET", "me").status_code, person.call("GET", "me").status_code) == (401, 200)
    assert person.call("DELETE", "sessions/current").status_code == 204
    assert person.call("GET", "me").status_code == 401


def test_the_session_of_another_member_is_not_found(api: httpx2.Client, person: Person, mailbox: Mailbox) -> None:
    other = new_account(api, mailbox)
    assert person.call("DELETE", f"sessions/{other.tokens['session_id']}").status_code == 404
    assert other.call("GET", "me").status_code == 200


def test_a_21st_session_ends_the_longest_unused(api: httpx2.Client, person: Person) -> None:
    first = Person(api, person.email, tokens=person.tokens)
    second = Person(api, person.email)
    second.sign_in()
    refresh(api, first.tokens["refresh_token"])
    for _ in range(19):
        assert person.sign_in().status_code == 201
    assert len(sessions.list_sessions(f"member:{person.row.id}")) == 20
    assert (first.call("GET", "me").status_code, second.call("GET", "me").status_code) == (200, 401)


def test_a_browser_has_its_tokens_in_cookies_of_the_sessions_path(api: httpx2.Client, person: Person) -> None:
    assert person.sign_in(cookie=True).status_code == 403
    api.cookies.clear()
    answer = person.sign_in(headers=PAGE, cookie=True)
    assert (answer.status_code, set(answer.json())) == (201, {"access_token", "session_id"})
    refresh_cookie, device_cookie = answer.headers.get_list("set-cookie")
    for cookie, name in ((refresh_cookie, "backroom_refresh="), (device_cookie, "backroom_device=")):
        assert cookie.startswith(name)
        assert {"HttpOnly", "SameSite=Strict", "Path=/v1/together/sessions"} <= set(cookie.split("; "))
        assert "Secure" not in cookie  # not in the stage `test`
    assert refresh(api, None).status_code == 401  # without the header
    answer = refresh(api, None, PAGE)
    assert (answer.status_code, set(answer.json())) == (200, {"access_token", "session_id"})
    person.tokens = answer.json()
    assert person.call("DELETE", "sessions/current").status_code == 204
    assert "backroom_refresh" not in api.cookies
    assert refresh(api, None, PAGE).status_code == 401


def test_ten_wrong_guesses_of_an_address_block_it_for_15_minutes(
    stopped_clock: datetime, api: httpx2.Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [person.sign_in(OTHER_PASSWORD).status_code for _ in range(11)] == [401] * 10 + [429]
    blocked = person.sign_in()
    assert (blocked.status_code, blocked.headers["retry-after"]) == (429, "900")
    assert guess_from(person.email, "198.51.100.1", password=PASSWORD) == "ok"
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(minutes=15))
    assert person.sign_in().status_code == 201


def test_an_unknown_account_is_blocked_alike(api: httpx2.Client) -> None:
    stranger = Person(api)
    assert [stranger.sign_in().status_code for _ in range(11)] == [401] * 10 + [429]


def test_successes_are_not_counted(api: httpx2.Client, person: Person) -> None:
    assert [person.sign_in().status_code for _ in range(15)] == [201] * 15
    assert {row.failures for row in Attempt.scan() if row.key.startswith("sign-in/")} == {0}


@pytest.mark.slow
def test_an_address_has_100_guesses_over_all_accounts() -> None:
    outcomes = [guess_from(f"{ids.new()}@example.com", "198.51.100.1") for _ in range(101)]
    assert outcomes == ["InvalidCredentials"] * 100 + ["TooManyRequests"]
    assert guess_from("x@example.com", "198.51.100.2") == "InvalidCredentials"


@pytest.mark.slow
def test_1000_guesses_from_200_addresses_lock_the_owner_out_of_no_known_device_nor_of_a_reset(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    device = person.tokens["device_token"]
    outcomes = [guess_from(person.email, f"198.51.100.{number % 200}") for number in range(1_000)]
    assert outcomes == ["InvalidCredentials"] * 100 + ["TooManyRequests"] * 900
    assert person.sign_in().status_code == 429
    assert person.sign_in(device_token=device).status_code == 201
    assert api.post("/v1/together/accounts/reset", json={"email": person.email}).status_code == 202
    body = {"token": mailbox.token(person.email, "reset"), "password": OTHER_PASSWORD}
    reset = api.put("/v1/together/accounts/reset", json=body)
    assert person.sign_in(OTHER_PASSWORD, device_token=device).status_code == 429  # a new password voids it
    assert person.sign_in(OTHER_PASSWORD, device_token=reset.headers["device-token"]).status_code == 201


def test_a_reset_in_a_browser_marks_it_as_known(api: httpx2.Client, person: Person, mailbox: Mailbox) -> None:
    for number in range(100):
        guess_from(person.email, f"198.51.100.{number}")
    api.post("/v1/together/accounts/reset", json={"email": person.email})
    body = {"token": mailbox.token(person.email, "reset"), "password": OTHER_PASSWORD}
    assert "device-token" not in api.put("/v1/together/accounts/reset", json=body, headers=PAGE).headers
    assert person.sign_in(OTHER_PASSWORD).status_code == 429  # without the header the cookie is not read
    assert person.sign_in(OTHER_PASSWORD, headers=PAGE, cookie=True).status_code == 201


def test_a_device_has_ten_guesses_and_belongs_to_one_account(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    device = person.tokens["device_token"]
    outcomes = [guess_from(person.email, f"198.51.100.{number}", device) for number in range(11)]
    assert outcomes == ["InvalidCredentials"] * 10 + ["TooManyRequests"]
    other = new_account(api, mailbox)
    outcomes = [guess_from(other.email, "203.0.113.9", device) for _ in range(11)]
    assert outcomes == ["InvalidCredentials"] * 10 + ["TooManyRequests"]  # counted as an unknown device
    assert guess_from(other.email, "203.0.113.10", password=PASSWORD) == "ok"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "x"),
        ("password", ""),
        ("password", "x" * 129),
        ("device_name", "x" * 101),
        ("device_name", "a\u0000"),
        ("device_token", "x" * 3_000),
        ("cookie", "perhaps"),
    ],
)
def test_bad_input_is_named(api: httpx2.Client, field: str, value: Any) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, field: value}
    refusal = api.post("/v1/together/sessions", json=body)
    assert (refusal.status_code, refusal.json()["errors"][0]["path"]) == (422, f"body.{field}")


def test_other_text_is_no_device_token(api: httpx2.Client, person: Person) -> None:
    assert person.sign_in(device_token="x.y.z").status_code == 201
