"""Memberships: the relationships in which a member is or was."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction
from chalicelib.together.models import Membership, Relationship


def find_membership(user_id: str, relationship_id: str) -> Membership | None:
    """Return the member's place in the relationship, read consistently; None if they have none."""
    try:
        return Membership.get(user_id, relationship_id, consistent_read=True)
    except Membership.DoesNotExist:
        return None


def list_by_user(user_id: str, page: PageRequest) -> PageResult[Membership]:
    """Return a page of the member's places, present and past, in the order of the relationships' ids."""
    return query_page(Membership.query(user_id, consistent_read=True, limit=page.limit, last_evaluated_key=page.start))


def latest_left(user_id: str) -> Membership | None:
    """Return the place that the member left last, read consistently; None if they never left one."""
    left = [row for row in Membership.query(user_id, consistent_read=True) if row.left_at is not None]
    return max(left, key=lambda row: row.left_at, default=None)


def stage_second_place(transaction: Transaction, user_id: str, relationship_id: str) -> None:
    """Add the member who accepts to the relationship in the transaction."""
    row = Membership(user_id, relationship_id, as_user_2=relationship_id, joined_at=clock.now())
    transaction.put(row)


def stage_leave(transaction: Transaction, user_id: str, relationship_id: str, now: datetime) -> None:
    """Note in the transaction that the member has left the relationship."""
    transaction.update(
        Membership(user_id, relationship_id),
        [Membership.left_at.set(now)],
        condition=Membership.user_id.exists(),
    )


def delete_membership(user_id: str, relationship_id: str) -> None:
    """Delete the member's place in the relationship."""
    Membership(user_id, relationship_id).delete()


def has_other_member(relationship: Relationship, user_id: str) -> bool:
    """Return whether the other member still has a place in the relationship, read consistently."""
    others = {relationship.user_1_id, relationship.user_2_id} - {user_id, None}
    return any(find_membership(str(other), relationship.id) for other in others)


def list_relationship_ids(user_id: str) -> list[str]:
    """Return the ids of all relationships in which the member is or was, read consistently."""
    return [row.relationship_id for row in Membership.query(user_id, consistent_read=True)]
