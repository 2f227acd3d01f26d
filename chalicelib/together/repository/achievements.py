"""Rows of the awards. The key makes an award idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit import tables
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, readable_rows
from chalicelib.together.domain.achievements import RULES, rule_of
from chalicelib.together.models import Achievement


def find(relationship_id: str, key: str) -> Achievement | None:
    """Return the award, read consistently; None if it was not given."""
    try:
        return Achievement.get(relationship_id, key, consistent_read=True)
    except Achievement.DoesNotExist:
        return None


def find_awards(keys: Sequence[tuple[str, str]]) -> list[Achievement | None]:
    """Return the awards with these keys (relationship, award) in their order, with a read for each 100 of them."""
    rows: list[Achievement | None] = []
    for start in range(0, len(keys), 100):
        rows += tables.get_many([(Achievement, key) for key in keys[start : start + 100]], consistent=True)
    return rows


def list_by_relationship(relationship_id: str) -> list[Achievement]:
    """Return the awards of a relationship: at most one for each rule and member."""
    return list(readable_rows(Achievement.query(relationship_id)))


def stage_award(
    transaction: Transaction, relationship_id: str, key: str, earned_by: str | None, now: datetime
) -> Achievement:
    """Add an award in the transaction, which raises WriteConflict if it was given before."""
    rule = RULES[rule_of(key)]
    row = Achievement(relationship_id, key, title=rule.title, points=rule.points, earned_by=earned_by, earned_at=now)
    transaction.add(row, otherwise=WriteConflict())
    return row
