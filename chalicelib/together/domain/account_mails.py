"""The mails about an account, and the links in them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Protocol


class MailPurpose(StrEnum):
    """Why a member is mailed about their account."""

    VERIFY = "verify"
    ACCOUNT_EXISTS = "account_exists"
    """Somebody signed up with the address of an account."""
    ADDRESS_HELD = "address_held"
    """Somebody signed up with an address that an account left less than 72 hours ago."""
    RESET = "reset"
    CONFIRM_EMAIL = "email"
    UNDO_EMAIL = "undo"
    INVITE = "invite"
    SESSION_ENDED = "session_ended"


LIFETIMES = {
    MailPurpose.VERIFY: timedelta(hours=24),
    MailPurpose.RESET: timedelta(hours=1),
    MailPurpose.CONFIRM_EMAIL: timedelta(hours=24),
    MailPurpose.UNDO_EMAIL: timedelta(hours=72),
}


class LinkFields(Protocol):
    """The fields of an account that its links are bound to."""

    @property
    def email(self) -> str: ...
    @property
    def password_hash(self) -> str | None: ...
    @property
    def email_verified(self) -> bool: ...
    @property
    def pending_email(self) -> str | None: ...
    @property
    def former_email(self) -> str | None: ...


def link_state(purpose: MailPurpose, account: LinkFields) -> tuple[str | None, ...]:
    """Return the state that a link of this purpose changes: the link is void once it is another one."""
    if purpose is MailPurpose.VERIFY:
        return (account.email, account.password_hash, str(account.email_verified))
    if purpose is MailPurpose.RESET:
        return (account.email, account.password_hash)
    if purpose is MailPurpose.CONFIRM_EMAIL:
        return (account.email, account.pending_email)
    return (account.email, account.former_email)
