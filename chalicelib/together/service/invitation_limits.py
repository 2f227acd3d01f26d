"""Limits on invitations, counted before the work: mails per inviter and per recipient, and tries of codes."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import attempts
from chalicelib.kit.attempts import Limit

_TRIES = Limit("together/invitation_try", 20, timedelta(hours=1), is_reported=True)
_INVITER_MAILS = Limit("together/invitation_mail", 5, timedelta(days=1), is_reported=True)
_RECIPIENT_MAILS = Limit("together/invitation_recipient", 3, timedelta(days=7))


def count_try(user_id: str) -> None:
    """Count a try of a code, right or wrong. Raises TooManyRequests after 20 in an hour."""
    attempts.count([attempts.counter(_TRIES, user_id)])


def count_inviter_mail(user_id: str) -> None:
    """Count an invitation that is to be mailed. Raises TooManyRequests after 5 of the inviter in a day."""
    attempts.count([attempts.counter(_INVITER_MAILS, user_id)])


def count_recipient_mail(email: str) -> bool:
    """Count a mail to the address. Returns False after 3 in a week, of all inviters; the inviter does not learn it."""
    return attempts.allows(attempts.counter(_RECIPIENT_MAILS, email))
