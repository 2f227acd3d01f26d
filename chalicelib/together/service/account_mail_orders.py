"""Orders of mails about accounts. The API orders them and cannot send: `together-send_notification` does."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import attempts, messages
from chalicelib.kit.attempts import Limit
from chalicelib.together.domain.account_mails import MailPurpose
from chalicelib.together.schemas.messages import AccountMailRequested

MAILS_AN_HOUR = 3
"""For each recipient and purpose; more are not sent."""
_HOUR = timedelta(hours=1)


def is_within_limit(purpose: MailPurpose, address: str) -> bool:
    """Count a mail to the address and return True; False if it got three of this purpose in an hour."""
    return attempts.allows(attempts.counter(Limit(f"account-mail/{purpose}", MAILS_AN_HOUR, _HOUR), address))


def request_mail(user_id: str, purpose: MailPurpose, address: str) -> None:
    """Request a mail to the member, unless the address got three of this purpose in an hour."""
    if is_within_limit(purpose, address):
        messages.publish(AccountMailRequested(user_id=user_id, purpose=purpose))
