"""Mails about accounts of owners and staff: sent, or requested again while SES takes none."""

from __future__ import annotations

from chalicelib.integrations import account_mails
from chalicelib.integrations.account_mails import Deferral
from chalicelib.platform.metrics import MAILS_FAILED
from chalicelib.platform.schemas.account_messages import AccountMailOrdered
from chalicelib.platform.service.realm import REALM


def send_account_mail(message: AccountMailOrdered) -> None:
    """Send the e-mail. While SES takes none, request it again in two minutes, for at most a day."""
    was_taken = account_mails.send_requested_mail(REALM, message, Deferral())
    MAILS_FAILED.count(0 if was_taken else 1)
