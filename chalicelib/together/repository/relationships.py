"""Rows of the relationships, and the condition that every shared write checks."""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from chalicelib.kit import tables
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain.relationship_state import WRITABLE
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import Membership, Relationship


def get_relationship(relationship_id: str) -> Relationship:
    """Return the relationship, read consistently. Raises RelationshipNotFound."""
    try:
        return Relationship.get(relationship_id, consistent_read=True)
    except Relationship.DoesNotExist:
        raise RelationshipNotFound from None


def writable_by(user_id: str) -> Condition:
    """Return the condition on the relationship's row that its joint rows can be written by the member."""
    is_member = (Relationship.user_1_id == user_id) | (Relationship.user_2_id == user_id)
    condition: Condition = Relationship.status.is_in(*WRITABLE) & is_member
    return condition


def require_writable(transaction: Transaction, relationship_id: str, user_id: str) -> None:
    """Require in the transaction that the relationship can be written by the member; else it raises WriteConflict.

    The caller has read the relationship and called `relationship_state.require_writable`, so the retry names the reason.
    A transaction that updates the relationship's row takes `writable_by` as that update's condition: DynamoDB allows one
    operation per row.
    """
    transaction.check(Relationship, (relationship_id,), writable_by(user_id), otherwise=WriteConflict())


def get_of_member(relationship_id: str, user_id: str) -> Relationship:
    """Return a present or former relationship of the member, read consistently, with one read.

    Raises RelationshipNotFound if the member is not, and was not, in it.
    """
    keys: list[tuple[type[tables.Table], tuple[str, ...]]] = [
        (Relationship, (relationship_id,)),
        (Membership, (user_id, relationship_id)),
    ]
    relationship, membership = tables.get_many(keys, consistent=True)
    if not isinstance(relationship, Relationship) or membership is None:
        raise RelationshipNotFound
    return relationship
