"""Rows of the members' accounts."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import clock, tables, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.models import User


def find_user(user_id: str) -> User | None:
    """Return the member's row, read consistently; None if there is none."""
    try:
        return User.get(user_id, consistent_read=True)
    except User.DoesNotExist:
        return None


def find_users(user_ids: Sequence[str]) -> list[User | None]:
    """Return the members' rows in the order of their ids (at most 100), read consistently; None for a missing one."""
    return tables.get_many([(User, (each,)) for each in user_ids], consistent=True)


def find_by_email(email: str) -> User | None:
    """Return the member with this address in lower case, read consistently; None if there is none."""
    user_id = unique_values.owner_of(unique_values.value_key("together", "users", "email", email))
    user = find_user(user_id) if user_id else None
    return user if user is not None and user.email == email else None


def stage_move(transaction: Transaction, user: User, relationship_id: str, partner_id: str | None) -> None:
    """Move the member to another relationship in the transaction.

    The commit raises WriteConflict if the account has changed, as a new plan does, so that the end of premium of a
    relationship is never stale; or if they are to get a partner and the account is no longer active.
    """
    partner = User.partner_id
    condition = (User.relationship_id == user.relationship_id) & (User.version == user.version)
    transaction.update(
        User(user.id),
        [
            User.relationship_id.set(relationship_id),
            partner.remove() if partner_id is None else partner.set(partner_id),
            User.version.add(1),
            User.updated_at.set(clock.now()),
        ],
        condition=condition if partner_id is None else condition & (User.is_active == True),  # noqa: E712
        otherwise=WriteConflict(),
    )
