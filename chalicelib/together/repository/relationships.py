"""Rows of the relationships, and the condition that every shared write checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, tables
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, column_actions, get_many, update_if
from chalicelib.together.domain.pauses import is_pause_open
from chalicelib.together.domain.relationship_state import WRITABLE
from chalicelib.together.enums import RelationshipStatus
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


def find_relationships(relationship_ids: Sequence[str]) -> list[Relationship | None]:
    """Return the relationships in the order of their ids (at most 100), read consistently; None for a missing one."""
    return get_many([(Relationship, (each,)) for each in relationship_ids], consistent=True)


def stage_activation(
    transaction: Transaction, space: Relationship, acceptor_id: str, premium_until: datetime | None
) -> None:
    """Make the inviter's space the couple's in the transaction, which raises WriteConflict unless it is unchanged."""
    now = clock.now()
    transaction.update(
        Relationship(space.id),
        [
            Relationship.user_2_id.set(acceptor_id),
            Relationship.status.set(RelationshipStatus.ACTIVE),
            Relationship.activated_at.set(now),
            *_without_invitation(),
            _premium(premium_until),
            *_changed(now),
        ],
        condition=_is_alone() & (Relationship.invite_code == space.invite_code),
        otherwise=WriteConflict(),
    )


def stage_end(transaction: Transaction, relationship: Relationship, user_id: str) -> None:
    """End the relationship in the transaction, which raises WriteConflict if the member cannot end it any more.

    A space of one ends when its member joins another; a couple's when one of them wants it.
    """
    now = clock.now()
    is_member = (Relationship.user_1_id == user_id) | (Relationship.user_2_id == user_id)
    partner = Relationship.user_2_id
    is_same = partner.does_not_exist() if relationship.user_2_id is None else partner == relationship.user_2_id
    transaction.update(
        Relationship(relationship.id),
        [
            Relationship.status.set(RelationshipStatus.ENDED),
            Relationship.ended_at.set(now),
            Relationship.ended_by.set(user_id),
            Relationship.score_due.remove(),
            *_without_invitation(),
            *_changed(now),
        ],
        condition=(Relationship.status != RelationshipStatus.ENDED) & is_member & is_same,
        otherwise=WriteConflict(),
    )


def stage_invitation(
    transaction: Transaction, space: Relationship, digest: str, email: str | None, expires_at: datetime
) -> None:
    """Store the space's open invitation in the transaction, which voids the one before it.

    The commit raises WriteConflict if the member is no longer alone in the space.
    """
    transaction.update(
        Relationship(space.id),
        [
            Relationship.invite_code.set(digest),
            Relationship.invited_email.set(email) if email else Relationship.invited_email.remove(),
            Relationship.invite_expires_at.set(expires_at),
            *_changed(clock.now()),
        ],
        condition=_is_alone(),
        otherwise=WriteConflict(),
    )


def stage_no_invitation(transaction: Transaction, space: Relationship) -> None:
    """Remove the space's open invitation in the transaction; WriteConflict if it is no longer a space of one."""
    actions = [*_without_invitation(), *_changed(clock.now())]
    transaction.update(Relationship(space.id), actions, condition=_is_alone(), otherwise=WriteConflict())


def stage_pauses(transaction: Transaction, relationship: Relationship, pauses: list[list[str | None]]) -> None:
    """Store the pauses and the state that follows from them; WriteConflict if another writer changed the row."""
    status = RelationshipStatus.PAUSED if is_pause_open(pauses) else RelationshipStatus.ACTIVE
    transaction.update(
        Relationship(relationship.id),
        [Relationship.pauses.set(pauses), Relationship.status.set(status), *_changed(clock.now())],
        condition=(Relationship.version == relationship.version) & (Relationship.status == relationship.status),
        otherwise=WriteConflict(),
    )


def stage_details(
    transaction: Transaction, relationship: Relationship, user_id: str, details: Mapping[str, Any]
) -> None:
    """Set type and dates of the relationship; None removes a date. WriteConflict if the member cannot write."""
    actions = [*column_actions(Relationship, details), *_changed(clock.now())]
    transaction.update(
        Relationship(relationship.id), actions, condition=writable_by(user_id), otherwise=WriteConflict()
    )


def set_expiry(relationship_id: str, expires_at: datetime) -> None:
    """Let an ended space of one expire; one that is still open, or is deleted, stays as it is."""
    update_if(
        Relationship(relationship_id),
        [Relationship.expires_epoch.set(expires_at)],
        (Relationship.status == RelationshipStatus.ENDED) & Relationship.user_2_id.does_not_exist(),
    )


def delete_relationship(relationship_id: str) -> None:
    """Delete the relationship's row."""
    Relationship(relationship_id).delete()


def replace_member(relationship: Relationship, user_id: str, pseudonym: str) -> None:
    """Replace a member's id in an ended relationship, which the other member keeps, and drop its pauses.

    A repeat changes nothing. A former relationship needs no pauses: rows that were written in one are marked.
    """
    row = Relationship(relationship.id)
    for column in (Relationship.user_1_id, Relationship.user_2_id, Relationship.ended_by):
        update_if(row, [column.set(pseudonym)], column == user_id)
    update_if(row, [Relationship.pauses.set([])], Relationship.id.exists())


def _is_alone() -> Condition:
    condition: Condition = (Relationship.status == RelationshipStatus.INVITED) & Relationship.user_2_id.does_not_exist()
    return condition


def _without_invitation() -> list[Action]:
    return [
        Relationship.invite_code.remove(),
        Relationship.invited_email.remove(),
        Relationship.invite_expires_at.remove(),
    ]


def _premium(until: datetime | None) -> Action:
    column = Relationship.premium_until
    return column.remove() if until is None else column.set(until)


def _changed(now: datetime) -> list[Action]:
    return [Relationship.version.add(1), Relationship.updated_at.set(now)]
