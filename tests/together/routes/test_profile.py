"""The member's own profile, password and e-mail over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import customers
from chalicelib.kit import clock, ids
from chalicelib.kit.models import UniqueValue
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows
from tests.together.accounts import OTHER_PASSWORD, PASSWORD, Mailbox, Person, new_account


@pytest.fixture
def person(api: httpx2.Client, mailbox: Mailbox) -> Person:
    """A person with an account who is signed in."""
    return new_account(api, mailbox)


def change_email(person: Person, email: str, password: str = PASSWORD) -> httpx2.Response:
    return person.call("POST", "me/email", {"email": email, "password": password})


def open_link(person: Person, token: str) -> httpx2.Response:
    return person.api.post("/v1/together/accounts/email", json={"token": token})


def test_a_profile_is_read_and_changed_with_its_version(person: Person) -> None:
    read = person.call("GET", "me")
    assert (read.json()["display_name"], read.json()["preferences"]["hour"]) == ("Ada", 9)
    change = {"display_name": "Ada L.", "birthday": "1990-02-28", "timezone": "Europe/Berlin", "locale": "de"}
    changed = person.call("PATCH", "me", change, If_Match=read.headers["etag"])
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in change} == change
    assert person.call("GET", "me").headers["etag"] == changed.headers["etag"] != read.headers["etag"]
    assert person.call("PATCH", "me", change, If_Match=read.headers["etag"]).status_code == 412
    assert person.call("PATCH", "me", {"display_name": "Ada L"}).json()["display_name"] == "Ada L"
    assert person.call("PATCH", "me", change).status_code == 200
    assert customers.get(OwnerType.MEMBER, person.row.id).name == "Ada L."
    removed = person.call("PATCH", "me", {"birthday": None}, If_Match=changed.headers["etag"])
    assert removed.json()["birthday"] is None


def test_a_sign_in_does_not_change_the_version_of_the_profile(api: httpx2.Client, person: Person) -> None:
    tag = person.call("GET", "me").headers["etag"]
    Person(api, person.email).sign_in()
    assert person.call("PATCH", "me", {"locale": "fr"}, If_Match=tag).status_code == 200


def test_preferences_are_merged(person: Person) -> None:
    def change(preferences: dict[str, Any]) -> dict[str, Any]:
        tag = person.call("GET", "me").headers["etag"]
        answer = person.call("PATCH", "me", {"preferences": preferences}, If_Match=tag)
        assert answer.status_code == 200
        return dict(answer.json()["preferences"])

    change({"email": {"reminder": False}, "hour": 7, "quiet": {"start": 22, "end": 6}})
    read = change({"email": {"digest": False}, "analytics": False, "shared": {"birthday": False}})
    assert (read["email"]["reminder"], read["email"]["digest"], read["email"]["billing"]) == (False, False, True)
    assert (read["hour"], read["quiet"], read["analytics"]) == (7, {"start": 22, "end": 6}, False)
    assert read["shared"] == {"birthday": False, "love_languages": True}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"display_name": None}, "body.display_name"),
        ({"display_name": "a\u202eb"}, "body.display_name"),
        ({"birthday": "1899-12-31"}, "body.birthday"),
        ({"birthday": "9999-01-01"}, "body.birthday"),
        ({"birthday": "0001-01-01"}, "body.birthday"),
        ({"timezone": "Nowhere"}, "body.timezone"),
        ({"locale": "german"}, "body.locale"),
        ({"love_language_primary": "shouting"}, "body.love_language_primary"),
        ({"preferences": {"hour": 24}}, "body.preferences.hour"),
        ({"preferences": {"hour": 7.5}}, "body.preferences.hour"),
        ({"preferences": {"email": {"spam": True}}}, "body.preferences.email"),
        ({"preferences": {"quiet": {"start": 1}}}, "body.preferences.quiet.end"),
        ({"email": "x@example.com"}, "body.email"),
    ],
)
def test_bad_input_is_named(person: Person, change: dict[str, Any], path: str) -> None:
    refusal = person.call("PATCH", "me", change, If_Match=person.call("GET", "me").headers["etag"])
    assert (refusal.status_code, refusal.json()["errors"][0]["path"]) == (422, path)


def test_a_password_change_ends_the_other_sessions(api: httpx2.Client, person: Person) -> None:
    other = Person(api, person.email)
    other.sign_in()
    old_device = person.tokens["device_token"]
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    answer = person.call("PUT", "me/password", body)
    assert answer.status_code == 204
    assert (person.call("GET", "me").status_code, other.call("GET", "me").status_code) == (200, 401)
    assert (other.sign_in().status_code, other.sign_in(OTHER_PASSWORD).status_code) == (401, 201)
    new_device = answer.headers["device-token"]
    for _ in range(10):
        other.sign_in()
    assert other.sign_in(OTHER_PASSWORD, device_token=old_device).status_code == 429
    assert other.sign_in(OTHER_PASSWORD, device_token=new_device).status_code == 201


def test_a_wrong_present_password_changes_nothing_and_is_limited(person: Person) -> None:
    body = {"current_password": OTHER_PASSWORD, "new_password": OTHER_PASSWORD}
    refusal = person.call("PUT", "me/password", body)
    assert (refusal.status_code, refusal.json()["errors"][0]["path"]) == (403, "body.current_password")
    statuses = [change_email(person, "new@example.com", OTHER_PASSWORD).status_code for _ in range(10)]
    assert statuses == [403] * 9 + [429]
    assert person.call("PUT", "me/password", body | {"current_password": PASSWORD}).status_code == 429
    assert person.sign_in().status_code == 201


def test_a_new_password_must_not_be_easy_to_guess(person: Person) -> None:
    body = {"current_password": PASSWORD, "new_password": "password1"}
    refusal = person.call("PUT", "me/password", body)
    assert (refusal.status_code, refusal.json()["errors"][0]["path"]) == (422, "body.new_password")


def test_an_email_changes_once_the_new_address_confirms_it(person: Person, mailbox: Mailbox) -> None:
    old, new = person.email, f"{ids.new()}@example.com"
    assert change_email(person, new).status_code == 202
    profile = person.call("GET", "me").json()
    assert (profile["email"], profile["pending_email"]) == (old, new)
    assert change_email(person, "third@example.com").status_code == 409
    link = mailbox.token(new, "email")
    assert open_link(person, link).status_code == 204
    assert open_link(person, link).status_code == 422
    assert person.call("GET", "me").json()["email"] == new
    assert customers.get(OwnerType.MEMBER, person.call("GET", "me").json()["id"]).email == new
    assert person.sign_in().status_code == 401  # the former address
    person.email = new
    assert person.sign_in().status_code == 201
    assert change_email(person, "third@example.com").status_code == 409  # it can still be undone


def test_the_former_address_undoes_the_change_and_ends_all_sessions(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    old, new = person.email, f"{ids.new()}@example.com"
    change_email(person, new)
    open_link(person, mailbox.token(new, "email"))
    squatter = Person(api, old, OTHER_PASSWORD)
    assert squatter.sign_up().status_code == 202
    assert "reserved" in mailbox.mails(old)[-1]
    undo = mailbox.token(old, "undo")
    assert open_link(person, undo).status_code == 204
    assert person.call("GET", "me").status_code == 401
    assert person.sign_in().status_code == 201
    assert person.row.email == old
    assert person.row.former_email is None
    assert account_rows.find_email_owner(new)[0] is None
    assert UniqueValue.get(account_rows.email_key(old)).expires_epoch is None
    assert open_link(person, undo).status_code == 422


def test_an_undone_address_resets_no_password(api: httpx2.Client, person: Person, mailbox: Mailbox) -> None:
    old, new = person.email, f"{ids.new()}@example.com"
    change_email(person, new)
    open_link(person, mailbox.token(new, "email"))
    assert api.post("/v1/together/accounts/reset", json={"email": new}).status_code == 202
    reset = mailbox.token(new, "reset")
    assert open_link(person, mailbox.token(old, "undo")).status_code == 204
    body = {"token": reset, "password": OTHER_PASSWORD}
    assert api.put("/v1/together/accounts/reset", json=body).status_code == 422
    assert (person.sign_in(OTHER_PASSWORD).status_code, person.sign_in().status_code) == (401, 201)


def test_a_reset_voids_an_email_change_that_is_not_confirmed(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    new = f"{ids.new()}@example.com"
    change_email(person, new)
    assert api.post("/v1/together/accounts/reset", json={"email": person.email}).status_code == 202
    body = {"token": mailbox.token(person.email, "reset"), "password": OTHER_PASSWORD}
    assert api.put("/v1/together/accounts/reset", json=body).status_code == 204
    assert open_link(person, mailbox.token(new, "email")).status_code == 422
    assert person.row.pending_email is None


def test_a_change_can_be_undone_for_72_hours(
    api: httpx2.Client,
    person: Person,
    mailbox: Mailbox,
    stopped_clock: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new = person.email, f"{ids.new()}@example.com"
    change_email(person, new)
    open_link(person, mailbox.token(new, "email"))
    undo = mailbox.token(old, "undo")
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(hours=72))
    assert open_link(person, undo).status_code == 422
    person.email = new
    assert person.sign_in().status_code == 201
    assert person.row.former_email is None
    assert account_rows.find_email_owner(old)[0] is None


def test_a_pending_address_can_be_replaced_after_a_day(
    person: Person, mailbox: Mailbox, stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, new = f"{ids.new()}@example.com", f"{ids.new()}@example.com"
    change_email(person, wrong)
    link = mailbox.token(wrong, "email")
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(hours=24))
    assert open_link(person, link).status_code == 422
    monkeypatch.setattr(clock, "now", lambda: stopped_clock)
    User(person.row.id).update([User.pending_email_until.set(stopped_clock)])
    assert change_email(person, new).status_code == 202
    assert person.row.pending_email == new


def test_an_address_of_another_account_is_not_told_and_not_taken(
    api: httpx2.Client, person: Person, mailbox: Mailbox
) -> None:
    other = new_account(api, mailbox)
    assert change_email(person, other.email).status_code == 202
    assert "You have an account" in mailbox.mails(other.email)[-1]
    assert "#email=" not in "".join(mailbox.mails(other.email))


def test_an_address_that_was_taken_since_is_refused(api: httpx2.Client, person: Person, mailbox: Mailbox) -> None:
    new = f"{ids.new()}@example.com"
    change_email(person, new)
    link = mailbox.token(new, "email")
    Person(api, new).sign_up()
    assert open_link(person, link).status_code == 409
    assert person.call("GET", "me").json()["email"] == person.email
