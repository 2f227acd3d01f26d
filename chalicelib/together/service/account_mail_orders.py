"""Requests for mails about accounts. The API requests them; `together-send_notification` sends them."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import attempts, messages
from chalicelib.kit.attempts import Limit
from chalicelib.kit.unit_of_work import UnitOfWork
from chalicelib.together.domain.account_mails import MailPurpose
from chalicelib.together.schemas.messages import AccountMailRequested

MAILS_AN_HOUR = 3
"""For each recipient and purpose; more are not sent."""
_HOUR = timedelta(hours=1)
_DELAY_SECONDS = 60


def is_within_limit(purpose: MailPurpose, address: str) -> bool:
    """Count a mail to the address and return True; False if it got three of this purpose in an hour."""
    return attempts.allows(attempts.counter(Limit(f"account-mail/{purpose}", MAILS_AN_HOUR, _HOUR), address))


def request_mail(user_id: str, purpose: MailPurpose, address: str) -> None:
    """Request a mail to the member, unless the address got three of this purpose in an hour."""
    if is_within_limit(purpose, address):
        messages.publish(AccountMailRequested(user_id=user_id, purpose=purpose))


def request_mail_of(unit: UnitOfWork, user_id: str, purpose: MailPurpose, address: str) -> None:
    """Request a mail that announces the unit's change, also if the process crashes right after the commit.

    The message is published twice: now, to be delivered in a minute, and after the commit. Its id lets one of them send
    the mail; without the commit, the mail's reason does not exist.
    """
    if is_within_limit(purpose, address):
        message = AccountMailRequested(user_id=user_id, purpose=purpose)
        messages.publish(message, _DELAY_SECONDS)
        unit.publish(message)
