"""The realm of a context: its accounts, with what differs between contexts.

"Realm" as in Keycloak: a set of accounts with their credentials and roles, which signs in by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.kit.accounts.letters import LetterText
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.rows import AccountTable, R
from chalicelib.kit.accounts.state import AccountRow
from chalicelib.kit.auth import Role
from chalicelib.kit.mail import Letter
from chalicelib.kit.messages import Message
from chalicelib.kit.passwords import PasswordRules
from chalicelib.kit.unit_of_work import UnitOfWork

R_co = TypeVar("R_co", bound=AccountRow, covariant=True)


@dataclass(frozen=True, slots=True)
class AccountMail:
    """A composed mail, ready to be sent."""

    address: str = field(repr=False)
    letter: Letter = field(repr=False)


class Caller(Protocol):
    """A signed-in account. `session_id` is None for a token without a session."""

    @property
    def session_id(self) -> str | None: ...
    @property
    def subject(self) -> str: ...


class SignedIn(Caller, Protocol[R_co]):
    """A signed-in account with its row."""

    @property
    def id(self) -> str: ...
    @property
    def user(self) -> R_co: ...


class MailRequest(Protocol):
    """Return the message that requests a mail."""

    def __call__(self, *, user_id: str, purpose: MailPurpose) -> Message: ...


def _no_columns(*_: Any) -> Mapping[str, Any]:
    return {}


def _nothing(_: Any) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm(Generic[R]):
    """The accounts of a context and what differs between contexts.

    `app` is the name of the app in mails. `role_of` is the role of an account's tokens and sessions; only tokens of `roles`
    are refreshed. `page_of` is the path of the page that the links of its mails open. `texts` has a text for each
    purpose of a mail. `activity` is the column with the time of the last sign-in or refresh.
    `address_columns` are set when the address changes. `stage_verified` stages what a verified account needs and returns
    its columns. `register_address` gets the row with a new address, before the commit: a repeat must be harmless.
    `second_factor` checks the code of a sign-in after the password, and returns the columns that void it.
    `require_closable` raises a Conflict if the account cannot be deleted. `compose_invitation` composes the mail INVITE.
    """

    accounts: AccountTable[R]
    app: str
    roles: frozenset[Role]
    role_of: Callable[[R], Role]
    password_rules: PasswordRules
    page_of: Callable[[R], str]
    texts: Mapping[MailPurpose, LetterText]
    mail_request: MailRequest
    activity: str
    stage_verified: Callable[[UnitOfWork, R], Mapping[str, Any]]
    compose_invitation: Callable[[str], AccountMail | None]
    address_columns: Mapping[str, Any] = field(default_factory=dict)
    register_address: Callable[[R], None] = _nothing
    second_factor: Callable[[R, str | None, datetime], Mapping[str, Any]] = _no_columns
    require_closable: Callable[[R], None] = _nothing

    def subject_of(self, row: R) -> str:
        """Return the subject of an account's sessions, `<role>:<id>`."""
        return f"{self.role_of(row)}:{row.id}"
