"""Owners of stores with accounts: sign-up, mails and sign-in over HTTP, and staff as the command adds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import httpx2

from chalicelib.kit import auth, clock
from chalicelib.kit.accounts import rows
from chalicelib.kit.accounts.sign_up import new_row
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.tables import Transaction
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.repository.users import USERS
from chalicelib.platform.service.realm import REALM
from tests.together.accounts import Mailbox, Person

NO_PASSWORD = "$argon2id$of-no-password"
"""A hash that no password matches."""
PAGE = {"X-Backroom": "1"}
"""The header of our pages."""


@dataclass
class Owner(Person):
    """An owner, and the tokens that they have. `call` takes paths below `/v1/platform/`."""

    base: ClassVar[str] = "/v1/platform"

    def sign_up(self, **fields: Any) -> httpx2.Response:
        body = {"email": self.email, "password": self.password, "display_name": "Olga", "accept_terms": True}
        return self.api.post(f"{self.base}/accounts", json=body | fields)

    def refresh(self, token: str | None = None, headers: dict[str, str] | None = None) -> httpx2.Response:
        body = {"refresh_token": token} if token else {}
        return self.api.post(f"{self.base}/sessions/refresh", json=body, headers=headers)

    @property
    def user(self) -> PlatformUser:
        """The row of the account, found by the present address."""
        row = rows.find_by_email(USERS, self.email)
        assert row is not None
        return row

    @property
    def id(self) -> str:
        return str(self.user.id)

    @property
    def account(self) -> Account:
        """The account of the access token, for calls of services."""
        return auth.verify(self.tokens["access_token"], Role.OWNER)


def new_owner(api: httpx2.Client, mailbox: Mailbox, **fields: Any) -> Owner:
    """Sign up, verify and sign in."""
    owner = Owner(api, **fields)
    assert owner.sign_up().status_code == 202
    assert owner.verify(mailbox.token(owner.email, "verify")).status_code == 204
    assert owner.sign_in().status_code == 201
    return owner


def new_user(email: str, **columns: Any) -> PlatformUser:
    """Write a verified account of an owner and return its row; other columns may be given."""
    known = {"role": UserRole.OWNER, "email_verified": True, "display_name": "Olga", "last_login_at": clock.now()}
    known["password_hash"] = NO_PASSWORD
    row = new_row(REALM, email, known | columns)
    with Transaction() as transaction:
        rows.stage_new_account(USERS, transaction, row)
    return row
