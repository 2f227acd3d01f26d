"""Requested e-mails about accounts: sent, or requested again while SES takes none."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.integrations.email import EmailDeferred
from chalicelib.kit import clock, logs, messages
from chalicelib.together.metrics import MAILS_FAILED
from chalicelib.together.schemas.messages import AccountMailRequested
from chalicelib.together.service import account_mail

RETRY = timedelta(minutes=2)
KEPT = timedelta(days=1)
"""How long a requested e-mail waits for SES: nobody waits for a link any longer."""

log = logs.logger("together")


def send_requested_mail(message: AccountMailRequested) -> None:
    """Send the e-mail. While SES takes none, request it again in two minutes, for at most a day."""
    try:
        account_mail.send_account_mail(message.user_id, message.purpose, message.message_id)
    except EmailDeferred as error:
        MAILS_FAILED.count()
        is_kept = clock.now() - message.occurred_at < KEPT
        log.warning("account mail not sent: SES takes no e-mail for now", extra={"why": str(error), "retried": is_kept})
        if is_kept:
            messages.publish(message, int(RETRY.total_seconds()))
    else:
        MAILS_FAILED.count(0)
