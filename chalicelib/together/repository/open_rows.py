"""The ids of the open rows on the relationship's row. The condition of each addition holds the cap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pynamodb.expressions.condition import size

from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain.caps import CAPS, OpenRows
from chalicelib.together.models import Relationship
from chalicelib.together.repository.relationships import writable_by


def stage_opened(
    transaction: Transaction, relationship_id: str, user_id: str, row: tuple[OpenRows, str], now: datetime
) -> None:
    """Add the id of `row` (kind, id) to the relationship's open rows in the transaction, if the cap leaves room.

    The commit raises WriteConflict without room, or if the member cannot write. The caller has called
    `caps.require_room`, so that the retry names the reason.
    """
    kind, row_id = row
    column, cap = getattr(Relationship, kind.value), CAPS[kind]
    has_room = column.does_not_exist() | (size(column) < cap.free)
    if cap.premium > cap.free:
        has_room = has_room | ((Relationship.premium_until > now) & (size(column) < cap.premium))
    transaction.update(
        Relationship(relationship_id),
        [column.add({row_id})],
        condition=writable_by(user_id) & has_room,
        otherwise=WriteConflict(),
    )


def stage_closed(
    transaction: Transaction, relationship_id: str, user_id: str, kind: OpenRows, row_ids: Iterable[str]
) -> None:
    """Remove ids from the relationship's open rows in the transaction.

    The commit raises WriteConflict if the member cannot write.
    """
    column = getattr(Relationship, kind.value)
    transaction.update(
        Relationship(relationship_id),
        [column.delete(set(row_ids))],
        condition=writable_by(user_id),
        otherwise=WriteConflict(),
    )
