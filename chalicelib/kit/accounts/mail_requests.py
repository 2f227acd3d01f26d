"""Requests for mails about accounts. The API requests them; a job of the context sends them."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import attempts, messages
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.realm import Realm
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.attempts import Limit
from chalicelib.kit.messages import Message
from chalicelib.kit.unit_of_work import UnitOfWork

MAILS_AN_HOUR = 3
"""For each recipient and purpose; more are not sent."""
_HOUR = timedelta(hours=1)
_DELAY_SECONDS = 60


class AccountMailRequest(Message):
    """Base of the messages that request a mail about an account. The token of the mail is made when it is sent."""

    user_id: str
    purpose: str


def is_within_limit(realm: Realm[R], purpose: MailPurpose, address: str) -> bool:
    """Count a mail to the address and return True; False if it got three of this purpose in an hour."""
    limit = Limit(f"account-mail/{realm.accounts.context}/{purpose}", MAILS_AN_HOUR, _HOUR)
    return attempts.allows(attempts.counter(limit, address))


def request_mail(realm: Realm[R], user_id: str, purpose: MailPurpose, address: str) -> None:
    """Request a mail to the account, unless the address got three of this purpose in an hour."""
    if is_within_limit(realm, purpose, address):
        messages.publish(realm.mail_request(user_id=user_id, purpose=purpose))


def request_mail_of(realm: Realm[R], unit: UnitOfWork, user_id: str, purpose: MailPurpose, address: str) -> None:
    """Request a mail that announces the unit's change, also if the process crashes right after the commit.

    The message is published twice: now, to be delivered in a minute, and after the commit. Its id lets one of them send
    the mail; without the commit, the mail's reason does not exist.
    """
    if is_within_limit(realm, purpose, address):
        message = realm.mail_request(user_id=user_id, purpose=purpose)
        messages.publish(message, _DELAY_SECONDS)
        unit.publish(message)
