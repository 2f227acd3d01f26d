"""Rows of the talks."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, readable_rows
from chalicelib.together.models import Conversation, Relationship
from chalicelib.together.repository import space_rows

CHANGEABLE = ("kind", "topic", "duration_minutes", "quality_rating", "notes", "is_private", "in_pause")


def find(relationship_id: str, conversation_id: str) -> Conversation | None:
    """Return the talk, read consistently; None if the relationship has no such talk."""
    return space_rows.find_row(Conversation, relationship_id, conversation_id)


def list_visible(
    relationship_id: str, is_visible: Callable[[Conversation], bool], page: PageRequest
) -> PageResult[Conversation]:
    """Return a page of the talks that are visible, newest first.

    Its last key is that of a visible talk: a cursor never names one that the reader must not know.
    """
    rows = Conversation.query(
        relationship_id, scan_index_forward=False, page_size=page.limit + 1, last_evaluated_key=page.start
    )
    items: list[Conversation] = []
    for row in filter(is_visible, readable_rows(rows)):
        if len(items) == page.limit:
            return PageResult(items, _key_of(items[-1]))
        items.append(row)
    return PageResult(items)


def stage_same_status(transaction: Transaction, relationship: Relationship, user_id: str) -> None:
    """Require in the transaction that the relationship has this status and the member; else it raises WriteConflict."""
    is_member = (Relationship.user_1_id == user_id) | (Relationship.user_2_id == user_id)
    condition = (Relationship.status == relationship.status) & is_member
    transaction.check(Relationship, (relationship.id,), condition, otherwise=WriteConflict())


def conversation_unchanged(row: Conversation) -> Condition:
    """Return the condition that the columns that can change are those of this row."""
    attributes = Conversation.get_attributes()
    conditions = [_equals(attributes[name], getattr(row, name)) for name in CHANGEABLE]
    condition: Condition = reduce(and_, conditions)
    return condition


def _equals(attribute: Any, value: Any) -> Any:
    return attribute.does_not_exist() if value is None else attribute == value


def _key_of(row: Conversation) -> dict[str, Any]:
    return {"relationship_id": {"S": row.relationship_id}, "id": {"S": row.id}}
