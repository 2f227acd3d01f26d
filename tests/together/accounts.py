"""People with accounts: sign-up, mails and sign-in over HTTP, as a browser or an app does it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx2

from chalicelib.kit import ids
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, users
from infra.local.engine import Engine

PASSWORD = "four quiet herons wade"
OTHER_PASSWORD = "nine amber kettles hum"
Drain = Callable[[], list[dict[str, Any]]]


@dataclass
class Person:
    """Somebody with an e-mail and a password, and the tokens that they have."""

    base: ClassVar[str] = "/v1/together"

    api: httpx2.Client
    email: str = field(default_factory=lambda: f"{ids.new()}@example.com")
    password: str = PASSWORD
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_up(self, **fields: Any) -> httpx2.Response:
        body = {
            "email": self.email,
            "password": self.password,
            "display_name": "Ada",
            "is_adult": True,
            "accept_terms": True,
        }
        return self.api.post(f"{self.base}/accounts", json=body | fields)

    def verify(self, token: str, password: str | None = None) -> httpx2.Response:
        body = {"token": token, "password": password or self.password}
        return self.api.post(f"{self.base}/accounts/verify", json=body)

    def sign_in(
        self, password: str | None = None, headers: dict[str, str] | None = None, **fields: Any
    ) -> httpx2.Response:
        body = {"email": self.email, "password": password or self.password} | fields
        response = self.api.post(f"{self.base}/sessions", json=body, headers=headers)
        if response.status_code == 201:
            self.tokens = response.json()
        return response

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Call `<base>/<path>` with the access token; headers are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Bearer {self.tokens['access_token']}"
        return self.api.request(method, f"{self.base}/{path}", json=body, headers=named)

    @property
    def row(self) -> User:
        """The row of the person's account, found by the present address."""
        owner_id, _ = account_rows.find_email_owner(self.email)
        user = users.find_user(str(owner_id))
        assert user is not None
        return user


@dataclass(frozen=True)
class Mailbox:
    """The mails that SES took."""

    engine: Engine
    drain: Drain

    def mails(self, address: str) -> list[str]:
        """Send what is due and return the texts of the mails to an address, the oldest first."""
        assert self.drain() == []
        sent = [each for each in self.engine.sent_emails() if address in each["To"]]
        return [f"{each['Subject']}\n{each['BodyText']}" for each in sent]

    def token(self, address: str, purpose: str) -> str:
        """Return the token of the last mail of a purpose to an address."""
        tokens = [token for text in self.mails(address) for token in re.findall(rf"#{purpose}=(\S+)", text)]
        assert tokens, f"no mail `{purpose}`"
        return str(tokens[-1])


def new_account(api: httpx2.Client, mailbox: Mailbox, **fields: Any) -> Person:
    """Sign up, verify and sign in."""
    person = Person(api, **fields)
    assert person.sign_up().status_code == 202
    assert person.verify(mailbox.token(person.email, "verify")).status_code == 204
    assert person.sign_in().status_code == 201
    return person
