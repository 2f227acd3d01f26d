"""The columns of a member that decide whether they are mailed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids, signing, unique_values
from chalicelib.kit.errors import Conflict, WriteConflict
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.together.domain.mail_delivery import MailState
from chalicelib.together.models import User

_REMEMBERED = timedelta(days=30)
"""SQS keeps a message for 4 days, its dead-letter queue for 14."""


class _AlreadyCounted(Conflict):
    """The failure was counted by an earlier delivery of its message."""


def set_failures(user: User, state: MailState, cause: str) -> bool:
    """Store the state after a failure; the same cause is counted once.

    Returns False if it was counted before. Raises WriteConflict if another writer changed the state.
    """
    actions: list[Action] = [User.email_failures.set(state.failures)]
    if state.off_at is not None:
        actions.append(User.email_off_at.set(state.off_at))
    key = unique_values.value_key("together", "users", "mail_failure", signing.digest(cause.encode()))
    is_same = User.id.exists() & (User.email_failures == user.email_failures) & (User.email == user.email)
    try:
        with Transaction() as transaction:
            unique_values.claim(transaction, key, ids.new(), _AlreadyCounted(), clock.now() + _REMEMBERED)
            transaction.update(User(user.id), actions, is_same, otherwise=WriteConflict())
    except _AlreadyCounted:
        return False
    return True


def turn_off(user: User, moment: datetime) -> None:
    """Stop the e-mails to a member, unless they are stopped or the address has changed."""
    condition = (User.email == user.email) & User.email_off_at.does_not_exist()
    update_if(User(user.id), [User.email_off_at.set(moment)], condition)


def reset_failures(user: User) -> None:
    """Reset the count of failures after an e-mail that arrived."""
    update_if(User(user.id), [User.email_failures.set(0)], (User.email == user.email) & (User.email_failures > 0))


def set_preferences(user: User, preferences: dict[str, Any], now: datetime) -> None:
    """Replace the member's preferences. Raises WriteConflict if another writer changed the row since it was read."""
    actions: list[Action] = [
        User.preferences.set(preferences),
        User.version.set(user.version + 1),
        User.updated_at.set(now),
    ]
    if not update_if(User(user.id), actions, User.id.exists() & (User.version == user.version)):
        raise WriteConflict
