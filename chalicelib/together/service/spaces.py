"""The space of one that a member has while they are in no couple."""

from __future__ import annotations

from chalicelib.kit import clock, ids
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain.entitlements import premium_until
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Membership, Relationship, User


def stage_space(transaction: Transaction, user: User) -> str:
    """Stage a new space of one for the member and return its id.

    The caller sets `users.relationship_id` to it, and removes `partner_id`, in the same transaction.
    """
    now, relationship_id = clock.now(), ids.new()
    transaction.add(
        Relationship(
            relationship_id,
            user_1_id=user.id,
            status=RelationshipStatus.INVITED,
            premium_until=premium_until([user]),
            created_at=now,
            updated_at=now,
        )
    )
    transaction.add(Membership(user.id, relationship_id, as_user_1=relationship_id, joined_at=now))
    return relationship_id
