"""Mails about accounts: requested by a message without address and token, composed when they are sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.kit import attempts, bound_tokens, clock, config, logs
from chalicelib.kit.accounts import rows
from chalicelib.kit.accounts.letters import compose_letter
from chalicelib.kit.accounts.mail_links import LIFETIMES, MailPurpose, link_state
from chalicelib.kit.accounts.realm import AccountMail, Realm
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.attempts import Limit

_SENDING = Limit("account-mail/message", 1, timedelta(minutes=2))
"""The claim of a worker on a message. It ends before the queue delivers the message of a crashed worker again."""
_SENT = timedelta(days=1)

log = logs.logger("accounts")


@dataclass(frozen=True, slots=True)
class _Recipient:
    """An address with the purpose of the mail that it gets."""

    address: str
    purpose: MailPurpose


def send_once(message_id: str | None, purpose: MailPurpose, send: Callable[[], None]) -> None:
    """Call `send` for a request that was not sent yet: a repeated one with the same id sends nothing.

    If `send` raises, the request can be sent again; without an id it is always sent.
    """
    claim = attempts.claim(attempts.counter(_SENDING, message_id)) if message_id else None
    if message_id and claim is None:
        log.info("account mail skipped: it was sent, or another worker has claimed it", extra={"purpose": purpose})
        return
    try:
        send()
    except Exception:
        if claim is not None:
            attempts.take_back([claim])
        raise
    if claim is not None:
        attempts.hold(claim, clock.now() + _SENT)


def compose_mail(realm: Realm[R], user_id: str, purpose: MailPurpose) -> AccountMail | None:
    """Return the mail about an account; None if the account is gone or the mail's reason has passed."""
    if purpose is MailPurpose.INVITE:
        return realm.compose_invitation(user_id)
    row = rows.find_account(realm.accounts, user_id)
    recipient = _recipient(realm, row, purpose) if row else None
    if row is None or recipient is None:
        return None
    link = link_of(realm, row, recipient.purpose)
    text = realm.texts[recipient.purpose]
    return AccountMail(recipient.address, compose_letter(text, realm.app, row.display_name or row.email, link))


def link_of(realm: Realm[R], row: R, purpose: MailPurpose) -> str:
    """Return the link of a mail: to the page, with a token where the mail permits a change."""
    page = f"{config.settings().public_url}{realm.page_of(row)}"
    if purpose not in LIFETIMES:
        return page
    token = bound_tokens.make(f"account/{purpose}", row.id, LIFETIMES[purpose], *link_state(purpose, row))
    return f"{page}#{purpose}={token}"


def _recipient(realm: Realm[R], row: R, purpose: MailPurpose) -> _Recipient | None:
    """Return who gets the mail in the present state of the account; None if the reason has passed."""
    if purpose is MailPurpose.VERIFY:
        return None if row.email_verified else _Recipient(row.email, purpose)
    if not row.email_verified or row.password_hash is None:
        return None
    if purpose is MailPurpose.CONFIRM_EMAIL:
        return _new_address(realm, row)
    if purpose in (MailPurpose.UNDO_EMAIL, MailPurpose.ADDRESS_HELD):
        return _Recipient(row.former_email, purpose) if row.former_email else None
    return _Recipient(row.email, purpose)


def _new_address(realm: Realm[R], row: R) -> _Recipient | None:
    """Return the address to confirm. If it has an account, only its owner is notified."""
    if row.pending_email is None:
        return None
    owner_id, _ = rows.find_email_owner(realm.accounts, row.pending_email)
    is_free = owner_id in (None, row.id)
    return _Recipient(row.pending_email, MailPurpose.CONFIRM_EMAIL if is_free else MailPurpose.ACCOUNT_EXISTS)
