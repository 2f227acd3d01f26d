"""Sign-up, verification and reset over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import customers
from chalicelib.kit import clock, ids
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Membership, Relationship
from tests.together.accounts import OTHER_PASSWORD, PASSWORD, Mailbox, Person, new_account


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were computed."""
    computed: list[str] = []

    def counted(name: str) -> Any:
        original = getattr(PasswordHasher, name)

        def run(self: PasswordHasher, *arguments: Any) -> Any:
            computed.append(name)
            return original(self, *arguments)

        return run

    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, counted(name))
    return computed


def test_a_verified_account_has_a_space_and_a_customer_of_its_own(api: httpx2.Client, mailbox: Mailbox) -> None:
    person = Person(api)
    assert (person.sign_up(timezone="Europe/Berlin").status_code, person.sign_in().status_code) == (202, 401)
    assert person.row.closing_on is not None
    assert person.verify(mailbox.token(person.email, "verify")).status_code == 204
    row = person.row
    assert (row.email_verified, row.timezone) == (True, "Europe/Berlin")
    assert row.closing_on is None
    space = Relationship.get(row.relationship_id)
    assert (space.user_1_id, space.status) == (row.id, RelationshipStatus.INVITED)
    assert space.user_2_id is None
    assert Membership.get(row.id, space.id).as_user_1 == space.id
    customer = customers.get(OwnerType.MEMBER, row.id)
    assert (customer.email, customer.name) == (person.email, "Ada")
    assert customer.relationship_id is None
    assert person.sign_in().status_code == 201
    assert person.call("GET", "me").json()["email"] == person.email


def test_a_link_needs_the_password_that_was_chosen(api: httpx2.Client, mailbox: Mailbox) -> None:
    stranger = Person(api, password=OTHER_PASSWORD)
    stranger.sign_up()
    link = mailbox.token(stranger.email, "verify")
    assert stranger.verify(link, PASSWORD).status_code == 401  # the owner of the address opens the mail
    assert not stranger.row.email_verified


def test_a_second_sign_up_voids_the_first(api: httpx2.Client, mailbox: Mailbox) -> None:
    stranger = Person(api, password=OTHER_PASSWORD)
    stranger.sign_up(display_name="Stranger")
    first = mailbox.token(stranger.email, "verify")
    owner = Person(api, stranger.email)
    assert owner.sign_up().status_code == 202
    for password in (OTHER_PASSWORD, PASSWORD):
        refusal = owner.verify(first, password)
        assert (refusal.status_code, refusal.json()["errors"][0]["path"]) == (422, "body.token")
    assert owner.verify(mailbox.token(owner.email, "verify")).status_code == 204
    assert (owner.row.display_name, stranger.sign_in().status_code, owner.sign_in().status_code) == ("Ada", 401, 201)


def test_a_link_works_once_and_for_a_day(
    api: httpx2.Client, mailbox: Mailbox, stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(api)
    person.sign_up()
    link = mailbox.token(person.email, "verify")
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(hours=24))
    assert person.verify(link).status_code == 422
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(hours=24) - timedelta(seconds=1))
    assert person.verify(link).status_code == 204
    assert person.verify(link).status_code == 422


def test_known_and_unknown_addresses_have_one_answer(api: httpx2.Client, mailbox: Mailbox, hashes: list[str]) -> None:
    known = new_account(api, mailbox)
    seen = []
    for email in (known.email, f"{ids.new()}@example.com"):
        hashes.clear()
        before = len(mailbox.mails(email))
        signed_up = Person(api, email, OTHER_PASSWORD).sign_up()
        count = len(hashes)
        reset = api.post("/v1/together/accounts/reset", json={"email": f"x{email}"})
        seen.append((signed_up.status_code, signed_up.text, count, len(mailbox.mails(email)) - before))
        assert (reset.status_code, reset.text) == (202, signed_up.text)
    assert seen == [(202, "null", 1, 1)] * 2
    assert "You have an account" in mailbox.mails(known.email)[-1]
    assert known.sign_in().status_code == 201


def test_sign_in_has_one_refusal_after_one_hash(api: httpx2.Client, mailbox: Mailbox, hashes: list[str]) -> None:
    known, unverified = new_account(api, mailbox), Person(api)
    unverified.sign_up()
    hashes.clear()
    answers = [known.sign_in(OTHER_PASSWORD), unverified.sign_in(), Person(api).sign_in()]
    problems = [{**answer.json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert problems == [problems[0]] * 3
    assert hashes == ["verify"] * 3


def test_a_reset_ends_all_sessions_and_its_link_works_once(api: httpx2.Client, mailbox: Mailbox) -> None:
    person = new_account(api, mailbox)
    assert api.post("/v1/together/accounts/reset", json={"email": person.email.upper()}).status_code == 202
    body = {"token": mailbox.token(person.email, "reset"), "password": OTHER_PASSWORD}
    answer = api.put("/v1/together/accounts/reset", json=body)
    assert (answer.status_code, answer.text) == (204, "")
    assert person.call("GET", "me").status_code == 401
    assert (person.sign_in().status_code, person.sign_in(OTHER_PASSWORD).status_code) == (401, 201)
    assert api.put("/v1/together/accounts/reset", json=body).status_code == 422


def test_a_reset_link_is_void_after_another_change_and_after_an_hour(
    api: httpx2.Client, mailbox: Mailbox, stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_account(api, mailbox)
    api.post("/v1/together/accounts/reset", json={"email": person.email})
    body = {"token": mailbox.token(person.email, "reset"), "password": OTHER_PASSWORD}
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(hours=1))
    assert api.put("/v1/together/accounts/reset", json=body).status_code == 422
    monkeypatch.setattr(clock, "now", lambda: stopped_clock)
    changed = person.call("PUT", "me/password", {"current_password": PASSWORD, "new_password": OTHER_PASSWORD})
    assert changed.status_code == 204
    assert api.put("/v1/together/accounts/reset", json=body | {"password": PASSWORD}).status_code == 422


def test_a_recipient_gets_three_mails_of_a_purpose_an_hour(
    api: httpx2.Client, mailbox: Mailbox, stopped_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_account(api, mailbox)
    for _ in range(5):
        assert api.post("/v1/together/accounts/reset", json={"email": person.email}).status_code == 202
    assert len([mail for mail in mailbox.mails(person.email) if "#reset=" in mail]) == 3
    Person(api, person.email).sign_up()
    assert "You have an account" in mailbox.mails(person.email)[-1]
    monkeypatch.setattr(clock, "now", lambda: stopped_clock + timedelta(hours=1))
    api.post("/v1/together/accounts/reset", json={"email": person.email})
    assert len([mail for mail in mailbox.mails(person.email) if "#reset=" in mail]) == 4


def test_an_address_of_a_caller_has_60_sign_ups_and_resets_an_hour(api: httpx2.Client) -> None:
    for number in range(60):
        answer = api.post("/v1/together/accounts/reset", json={"email": f"a{number}@example.com"})
        assert answer.status_code == 202
    refusal = Person(api).sign_up()
    assert (refusal.status_code, int(refusal.headers["retry-after"]) > 3000) == (429, True)
    assert api.post("/v1/together/accounts/reset", json={"email": "b@example.com"}).status_code == 429


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ada"),
        ("email", "ada@exämple.com"),
        ("email", "ada@example.com\u0000"),
        ("email", "a" * 250 + "@example.com"),
        ("password", "sevench"),
        ("password", "password123"),
        ("password", "k" * 129),
        ("display_name", ""),
        ("display_name", "   "),
        ("display_name", "x" * 51),
        ("display_name", "see https://x"),
        ("display_name", "a@b"),
        ("display_name", "a\u202eb"),
        ("display_name", "a\u0000b"),
        ("display_name", "a\nb"),
        ("display_name", "\u200b"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc/passwd"),
        ("is_adult", False),
        ("accept_terms", False),
        ("accept_terms", None),
        ("avatar_url", "x"),
    ],
)
def test_bad_input_is_named(api: httpx2.Client, field: str, value: Any) -> None:
    refusal = Person(api).sign_up(**{field: value})
    assert (refusal.status_code, refusal.json()["errors"][0]["path"].split(".")[:2]) == (422, ["body", field])


@pytest.mark.parametrize("name", ["Ада", "O’Neill-Smith Jr.", "李", "Zoë 🦢", "علي"])
def test_names_of_the_world_are_accepted(api: httpx2.Client, name: str) -> None:
    person = Person(api)
    assert person.sign_up(display_name=name).status_code == 202
    assert person.row.display_name == name


def test_a_password_is_used_as_it_was_received(api: httpx2.Client, mailbox: Mailbox) -> None:
    person = new_account(api, mailbox, password="  four quiet herons ")
    assert person.sign_in("four quiet herons").status_code == 401
    assert person.sign_in("  four quiet herons ").status_code == 201


def test_addresses_are_one_in_any_case(api: httpx2.Client, mailbox: Mailbox) -> None:
    person = new_account(api, mailbox, email=f"ada.{ids.new()}@example.com")
    shouted = Person(api, f" {person.email.upper()} ")
    assert shouted.sign_in().status_code == 201


def test_no_log_line_holds_a_secret_or_an_address(
    api: httpx2.Client, mailbox: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    person = new_account(api, mailbox)
    person.sign_in(OTHER_PASSWORD)
    api.post("/v1/together/sessions/refresh", json={"refresh_token": "forged"})
    written = caplog.text + "".join(capfd.readouterr())
    for secret in (person.email, PASSWORD, OTHER_PASSWORD, *person.tokens.values()):
        assert secret not in written or secret == person.tokens["session_id"]
