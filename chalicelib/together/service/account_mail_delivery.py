"""Requested e-mails about members' accounts: sent, or requested again while SES takes none."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.integrations import account_mails
from chalicelib.integrations.account_mails import Deferral
from chalicelib.together.metrics import MAILS_FAILED
from chalicelib.together.schemas.messages import AccountMailRequested
from chalicelib.together.service.realm import REALM

RETRY = timedelta(minutes=2)
KEPT = timedelta(days=1)
"""How long a requested e-mail waits for SES: nobody waits for a link any longer."""


def send_requested_mail(message: AccountMailRequested) -> None:
    """Send the e-mail. While SES takes none, request it again in two minutes, for at most a day."""
    was_taken = account_mails.send_requested_mail(REALM, message, Deferral(RETRY, KEPT))
    MAILS_FAILED.count(0 if was_taken else 1)
