"""Rows of the important dates."""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from chalicelib.kit.tables import readable_rows
from chalicelib.together.models import ImportantDate
from chalicelib.together.repository import space_rows


def find(relationship_id: str, date_id: str) -> ImportantDate | None:
    """Return the date, read consistently; None if the relationship has no such date."""
    return space_rows.find_row(ImportantDate, relationship_id, date_id)


def list_by_relationship(relationship_id: str) -> list[ImportantDate]:
    """Return the dates of the relationship, at most 40, read consistently."""
    return list(readable_rows(ImportantDate.query(relationship_id, consistent_read=True)))


def is_same_date(row: ImportantDate) -> Condition:
    """Return the condition that the stored row has this row's version."""
    condition: Condition = ImportantDate.version == row.version
    return condition
