"""The mails about an account, and the links in them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from chalicelib.kit.accounts.state import CONFIRM, UNDO, AccountRow


class MailPurpose(StrEnum):
    """Why an account is mailed."""

    VERIFY = "verify"
    ACCOUNT_EXISTS = "account_exists"
    """Somebody signed up with the address of an account."""
    ADDRESS_HELD = "address_held"
    """Somebody signed up with an address that an account left less than 72 hours ago."""
    RESET = "reset"
    CONFIRM_EMAIL = "email"
    UNDO_EMAIL = "undo"
    INVITE = "invite"
    """Each realm composes this mail itself."""
    SESSION_ENDED = "session_ended"


LIFETIMES = {
    MailPurpose.VERIFY: timedelta(hours=24),
    MailPurpose.RESET: timedelta(hours=1),
    MailPurpose.CONFIRM_EMAIL: CONFIRM,
    MailPurpose.UNDO_EMAIL: UNDO,
}
"""How long the link of a mail works; the other mails have a link without a token."""


def link_state(purpose: MailPurpose, account: AccountRow) -> tuple[str | None, ...]:
    """Return the state that a link of this purpose changes: the link is void once it is another one."""
    if purpose is MailPurpose.VERIFY:
        return (account.email, account.password_hash, str(account.email_verified))
    if purpose is MailPurpose.RESET:
        return (account.email, account.password_hash)
    if purpose is MailPurpose.CONFIRM_EMAIL:
        return (account.email, account.pending_email)
    return (account.email, account.former_email)
