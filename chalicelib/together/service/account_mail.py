"""Mails about accounts: requested by a message without address and token, composed when they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailRefused
from chalicelib.kit import attempts, bound_tokens, clock, config, logs
from chalicelib.kit.attempts import Limit
from chalicelib.kit.mail import Letter, letter_html, letter_text
from chalicelib.together.domain.account_mails import LIFETIMES, MailPurpose, link_state
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.service import invitations
from chalicelib.together.service.account_letters import compose_letter

_SENDING = Limit("account-mail/message", 1, timedelta(minutes=2))
"""The claim of a worker on a message. It ends before the queue delivers the message of a crashed worker again."""
_SENT = timedelta(days=1)

log = logs.logger("together")


@dataclass(frozen=True, slots=True)
class _Recipient:
    """An address with the purpose of the mail that it gets."""

    address: str
    purpose: MailPurpose


def send_account_mail(user_id: str, purpose: str, message_id: str | None = None) -> None:
    """Compose and send a mail about an account; nothing if the account is gone or the mail's reason has passed.

    `message_id` names the request: a repeated one sends nothing. Raises EmailDeferred if SES takes no mail for now.
    """
    claim = attempts.claim(attempts.counter(_SENDING, message_id)) if message_id else None
    if message_id and claim is None:
        log.info("account mail skipped: it was sent, or another worker has claimed it", extra={"purpose": purpose})
        return
    try:
        mail = _compose(user_id, MailPurpose(purpose))
        if mail is not None:
            email.send(mail)
    except EmailRefused as refusal:
        log.warning("account mail not sent: refused", extra={"purpose": purpose, "error": str(refusal)})
    except Exception:
        if claim is not None:
            attempts.take_back([claim])
        raise
    if claim is not None:
        attempts.hold(claim, clock.now() + _SENT)


def _compose(user_id: str, purpose: MailPurpose) -> Email | None:
    if purpose is MailPurpose.INVITE:
        return _invitation(user_id)
    user = users.find_user(user_id)
    recipient = _recipient(user, purpose) if user else None
    if user is None or recipient is None:
        return None
    link = _link(user, recipient.purpose)
    return _email(recipient.address, compose_letter(recipient.purpose, user.display_name, link))


def _invitation(user_id: str) -> Email | None:
    """Return the mail of the member's open invitation; None if there is none."""
    mail = invitations.find_invitation_mail(user_id)
    if mail is None:
        return None
    return _email(mail.address, compose_letter(MailPurpose.INVITE, mail.inviter, mail.url))


def _email(address: str, letter: Letter) -> Email:
    return Email(address, letter.title, letter_text(letter), letter_html(letter), tags={"tenant": "together"})


def _recipient(user: User, purpose: MailPurpose) -> _Recipient | None:
    """Return who gets the mail in the present state of the account; None if the reason has passed."""
    if purpose is MailPurpose.VERIFY:
        return None if user.email_verified else _Recipient(user.email, purpose)
    if not user.email_verified or user.password_hash is None:
        return None
    if purpose is MailPurpose.CONFIRM_EMAIL:
        return _new_address(user)
    if purpose in (MailPurpose.UNDO_EMAIL, MailPurpose.ADDRESS_HELD):
        return _Recipient(user.former_email, purpose) if user.former_email else None
    return _Recipient(user.email, purpose)


def _new_address(user: User) -> _Recipient | None:
    """Return the address to confirm. If it has an account, only its owner is notified."""
    if user.pending_email is None:
        return None
    owner_id, _ = account_rows.find_email_owner(user.pending_email)
    is_free = owner_id in (None, user.id)
    return _Recipient(user.pending_email, MailPurpose.CONFIRM_EMAIL if is_free else MailPurpose.ACCOUNT_EXISTS)


def _link(user: User, purpose: MailPurpose) -> str:
    """Return the link of the mail: to the page, with a token where the mail permits a change."""
    page = f"{config.settings().public_url}/together/app"
    if purpose not in LIFETIMES:
        return page
    token = bound_tokens.make(f"account/{purpose}", user.id, LIFETIMES[purpose], *link_state(purpose, user))
    return f"{page}#{purpose}={token}"
