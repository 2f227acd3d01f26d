"""Mails about accounts (`kit/accounts/mail.py`) by Amazon SES: sent once, or requested again while SES takes none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailDeferred, EmailRefused
from chalicelib.kit import clock, logs, messages
from chalicelib.kit.accounts.mail import compose_mail, send_once
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.mail_requests import AccountMailRequest
from chalicelib.kit.accounts.realm import Realm
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.mail import letter_html, letter_text

log = logs.logger("accounts")


@dataclass(frozen=True, slots=True)
class Deferral:
    """How long a mail that SES does not take waits for the next try, and for how long it is tried."""

    retry: timedelta = timedelta(minutes=2)
    kept: timedelta = timedelta(days=1)
    """Nobody waits for a link any longer."""


def send_account_mail(realm: Realm[R], user_id: str, purpose: MailPurpose, message_id: str | None = None) -> None:
    """Compose and send a mail about an account; nothing if the account is gone or the mail's reason has passed.

    `message_id` names the request: a repeated one sends nothing. Raises EmailDeferred if SES takes no mail for now.
    """

    def send() -> None:
        mail = compose_mail(realm, user_id, purpose)
        if mail is None:
            return
        text, html = letter_text(mail.letter), letter_html(mail.letter)
        try:
            email.send(Email(mail.address, mail.letter.title, text, html, tags={"tenant": realm.accounts.context}))
        except EmailRefused as refusal:
            log.warning("account mail not sent: refused", extra={"purpose": purpose, "error": str(refusal)})

    send_once(message_id, purpose, send)


def send_requested_mail(realm: Realm[R], request: AccountMailRequest, deferral: Deferral) -> bool:
    """Send a requested mail, and return whether SES took it. While SES takes none, request it again later."""
    try:
        send_account_mail(realm, request.user_id, MailPurpose(request.purpose), request.message_id)
    except EmailDeferred as error:
        is_kept = clock.now() - request.occurred_at < deferral.kept
        log.warning("account mail not sent: SES takes no e-mail for now", extra={"why": str(error), "retried": is_kept})
        if is_kept:
            messages.publish(request, int(deferral.retry.total_seconds()))
        return False
    return True
