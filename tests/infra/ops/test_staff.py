"""The commands `staff` and `token`: accounts of support and admins, and tokens with sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pyotp
import pytest

from chalicelib.kit import auth, clock, config, ids, sessions
from chalicelib.kit.auth import Role
from chalicelib.platform.enums import UserRole
from chalicelib.platform.errors import StaffAccount, StaffNotFound
from chalicelib.platform.service import staff
from infra.local import owners
from infra.ops.errors import CommandRefused
from tests.infra.ops.conftest import Ops
from tests.platform.owners import Owner, new_owner
from tests.together.accounts import OTHER_PASSWORD, Mailbox
from tests.together.conftest import mailbox

__all__ = ["mailbox"]

Drain = Callable[[], list[dict[str, Any]]]


def add_staff(ops: Ops, email: str, role: str = "admin") -> pyotp.TOTP:
    """Add an account by the command and return its authenticator."""
    secret, uri = ops("staff", "add", email, "--role", role).out.split()
    assert uri.startswith("otpauth://totp/Backroom")
    return pyotp.TOTP(secret)


def choose_password(api: httpx2.Client, mailbox: Mailbox, person: Owner) -> None:
    body = {"token": mailbox.token(person.email, "reset"), "password": person.password}
    assert api.put("/v1/platform/accounts/reset", json=body).status_code == 204


@pytest.mark.parametrize(("role", "audience"), [("admin", Role.OPERATOR), ("support", Role.SUPPORT)])
def test_staff_chooses_a_password_by_the_mail_and_signs_in_with_a_code(
    api: httpx2.Client, ops: Ops, mailbox: Mailbox, role: str, audience: Role
) -> None:
    person = Owner(api)
    totp = add_staff(ops, person.email, role)
    assert "/operator/app#reset=" in mailbox.mails(person.email)[-1]
    choose_password(api, mailbox, person)
    without = person.sign_in()
    assert (without.status_code, without.json()["code"]) == (401, "CodeRequired")
    assert person.sign_in(OTHER_PASSWORD, code=totp.now()).json()["code"] == "InvalidCredentials"
    assert person.sign_in(code=totp.now()).status_code == 201
    account = auth.verify_session(person.tokens["access_token"], audience)
    assert account.subject == f"{audience}:{person.id}"
    [session] = sessions.list_sessions(account.subject)
    assert abs(session.ends_at - session.created_at - timedelta(hours=12)) < timedelta(seconds=1)
    assert person.refresh(person.tokens["refresh_token"]).status_code == 200


def test_a_code_is_used_once_also_by_two_at_the_same_time(api: httpx2.Client, ops: Ops, mailbox: Mailbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    person = Owner(api)
    code = add_staff(ops, person.email).now()
    choose_password(api, mailbox, person)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Owner(api, person.email).sign_in(code=code), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"InvalidCode"}


def test_wrong_codes_are_counted_like_wrong_passwords(api: httpx2.Client, ops: Ops, mailbox: Mailbox) -> None:
    person = Owner(api)
    totp = add_staff(ops, person.email)
    choose_password(api, mailbox, person)
    taken = {totp.at(clock.now(), counter_offset=offset) for offset in range(-3, 4)}
    wrong = next(code for code in ("000000", "111111", "222222", "333333", "444444") if code not in taken)
    assert [person.sign_in(code=wrong).status_code for _ in range(11)] == [401] * 10 + [429]


def test_a_repeated_command_replaces_the_authenticator_and_ends_the_sessions(
    api: httpx2.Client, ops: Ops, mailbox: Mailbox
) -> None:
    person = Owner(api)
    first = add_staff(ops, person.email)
    choose_password(api, mailbox, person)
    assert person.sign_in(code=first.now()).status_code == 201
    second = add_staff(ops, person.email, "support")
    assert person.refresh(person.tokens["refresh_token"]).status_code == 401
    assert person.sign_in(code=second.now()).json()["code"] == "InvalidCredentials"  # the password is void, too
    choose_password(api, mailbox, person)
    assert person.sign_in(code=second.now()).status_code == 201
    assert auth.verify(person.tokens["access_token"], Role.SUPPORT).id == person.id


def test_removed_staff_is_signed_out_and_cannot_return(api: httpx2.Client, ops: Ops, mailbox: Mailbox) -> None:
    person = Owner(api)
    totp = add_staff(ops, person.email)
    choose_password(api, mailbox, person)
    assert person.sign_in(code=totp.now()).status_code == 201
    ops("staff", "remove", person.email)
    assert person.refresh(person.tokens["refresh_token"]).status_code == 401
    assert person.sign_in(code=totp.now()).json()["code"] == "InvalidCredentials"
    with pytest.raises(StaffNotFound):
        staff.remove_staff("nobody@example.com")


def test_an_owners_address_is_not_added_to_the_staff(api: httpx2.Client, mailbox: Mailbox) -> None:
    owner = new_owner(api, mailbox)
    with pytest.raises(StaffAccount):
        staff.add_staff(owner.email, UserRole.ADMIN, "Olga")
    with pytest.raises(StaffNotFound):
        staff.remove_staff(owner.email)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPPORT])
def test_a_token_of_staff_belongs_to_a_new_session(ops: Ops, role: Role) -> None:
    name = f"{ids.new()}@example.com"
    printed = json.loads(ops("token", role, name, "--json").out)
    account = auth.verify_session(printed["access_token"], role)
    assert (account.id, account.session_id) == (name, printed["session_id"])
    sessions.remove_session(account.subject, printed["session_id"])
    with pytest.raises(sessions.SessionEnded):
        auth.verify_session(printed["access_token"], role)


def test_a_token_of_an_owner_comes_with_an_account(api: httpx2.Client, ops: Ops) -> None:
    email = f"{ids.new()}@example.com"
    printed = json.loads(ops("token", "owner", email, "--json").out)
    again = json.loads(ops("token", "owner", email, "--json").out)
    assert (again["owner_id"], again["session_id"] != printed["session_id"]) == (printed["owner_id"], True)
    owner = Owner(api, email, owners.PASSWORD, printed)
    assert owner.call("GET", "me").json()["id"] == printed["owner_id"]
    assert owner.refresh(printed["refresh_token"]).status_code == 200
    assert owner.sign_in().status_code == 201


def test_an_owners_token_is_not_issued_in_a_live_stage(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.ops import tokens

    monkeypatch.setattr(type(config.settings()), "is_live", property(lambda _: True))
    with pytest.raises(CommandRefused):
        tokens._owner_tokens("olga@example.com")
