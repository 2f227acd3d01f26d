"""Mails about members' accounts."""

from __future__ import annotations

from chalicelib.integrations import account_mails
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.together.service.realm import REALM


def send_account_mail(user_id: str, purpose: str, message_id: str | None = None) -> None:
    """Compose and send a mail about an account; nothing if the account is gone or the mail's reason has passed.

    `message_id` names the request: a repeated one sends nothing. Raises EmailDeferred if SES takes no mail for now.
    """
    account_mails.send_account_mail(REALM, user_id, MailPurpose(purpose), message_id)
