"""Rows of the members' accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import tables
from chalicelib.kit.errors import Unauthenticated, WriteConflict
from chalicelib.kit.models import Session
from chalicelib.together.models import User


def find_user(user_id: str) -> User | None:
    """Return the member's row, read consistently; None if there is none."""
    try:
        return User.get(user_id, consistent_read=True)
    except User.DoesNotExist:
        return None


def get_signed_in(subject: str, session_id: str | None, user_id: str) -> tuple[User, Session | None]:
    """Return the member's row and their session, with one read.

    `session_id` is None for a token of the operator's command; then there is no session. Raises Unauthenticated if the
    row or the session is missing.
    """
    keys: list[tuple[type[tables.Table], tuple[str, ...]]] = [(User, (user_id,))]
    if session_id is not None:
        keys.append((Session, (subject, session_id)))
    user, *sessions = tables.get_many(keys, consistent=True)
    session = sessions[0] if sessions else None
    if not isinstance(user, User) or (session_id is not None and not isinstance(session, Session)):
        raise Unauthenticated("The session has ended; sign in again.")
    return user, session if isinstance(session, Session) else None


def set_preferences(user: User, preferences: dict[str, Any], now: datetime) -> None:
    """Replace the member's preferences. Raises WriteConflict if another writer changed the row since it was read."""
    actions: list[Action] = [
        User.preferences.set(preferences),
        User.version.set(user.version + 1),
        User.updated_at.set(now),
    ]
    if not tables.update_if(User(user.id), actions, User.id.exists() & (User.version == user.version)):
        raise WriteConflict
