"""Entitlements in the members' rows, and the premium of their relationships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Relationship, User


def stage_user(transaction: Transaction, user: User, columns: Mapping[str, Any]) -> None:
    """Stage these columns (None: removed) of the member's row.

    The commit raises WriteConflict if the row has another version, or the member another relationship or partner, than read.
    """
    actions: list[Action] = [
        User.version.set(user.version + 1),
        User.updated_at.set(clock.now()),
        *(getattr(User, name).remove() for name, value in columns.items() if value is None),
        *(getattr(User, name).set(value) for name, value in columns.items() if value is not None),
    ]
    pairs = ((User.relationship_id, user.relationship_id), (User.partner_id, user.partner_id))
    space, partner = (column.does_not_exist() if value is None else column == value for column, value in pairs)
    condition = (User.version == user.version) & space & partner
    transaction.update(User(user.id), actions, condition, otherwise=WriteConflict())


def require_unchanged(transaction: Transaction, partner: User) -> None:
    """Require in the transaction that the partner's row has the version that was read; else it raises WriteConflict."""
    transaction.check(User, (partner.id,), User.version == partner.version, otherwise=WriteConflict())


def stage_premium(transaction: Transaction, relationship: Relationship, until: datetime | None) -> None:
    """Stage the end of premium of a relationship that has not ended and has the members that were read."""
    column, second = Relationship.premium_until, Relationship.user_2_id
    same = second.does_not_exist() if relationship.user_2_id is None else second == relationship.user_2_id
    transaction.update(
        Relationship(relationship.id),
        [column.remove() if until is None else column.set(until), Relationship.updated_at.set(clock.now())],
        condition=(Relationship.status != RelationshipStatus.ENDED) & same,
        otherwise=WriteConflict(),
    )
