"""Rows of a relationship: a page of them, or one with its relationship, with one read each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pynamodb.indexes import Index

from chalicelib.kit import tables
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Table
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import Relationship

R = TypeVar("R", bound=Table)


def list_by_relationship(model: type[R], relationship_id: str, page: PageRequest) -> PageResult[R]:
    """Return a page of the relationship's rows, newest first: their ids are time-ordered."""
    return query_page(
        model.query(relationship_id, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start)
    )


def list_by_index(model: type[R], index: Index[Any], hash_key: str, page: PageRequest) -> PageResult[R]:
    """Return a page of rows by an index of keys, last first; two reads. A row that is gone is left out."""
    keys = query_page(index.query(hash_key, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start))
    rows = tables.get_many([(model, (key.relationship_id, key.id)) for key in keys.items], consistent=True)
    return PageResult([row for row in rows if row is not None], keys.last_key)


def list_by_ids(model: type[R], relationship_id: str, row_ids: Sequence[str]) -> list[R]:
    """Return those of the rows that exist, with one consistent read; at most 100."""
    rows = tables.get_many([(model, (relationship_id, row_id)) for row_id in row_ids], consistent=True)
    return [row for row in rows if row is not None]


def find_with_relationship(model: type[R], relationship_id: str, row_id: str) -> tuple[Relationship, R | None]:
    """Return the relationship and one of its rows, None if it does not exist, with one consistent read.

    Raises RelationshipNotFound.
    """
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Relationship, (relationship_id,)),
        (model, (relationship_id, row_id)),
    ]
    relationship, row = tables.get_many(keys, consistent=True)
    if not isinstance(relationship, Relationship):
        raise RelationshipNotFound
    return relationship, row if isinstance(row, model) else None


def find_row(model: type[R], relationship_id: str, row_id: str) -> R | None:
    """Return one row, read consistently; None if it does not exist."""
    try:
        return model.get(relationship_id, row_id, consistent_read=True)
    except model.DoesNotExist:
        return None
