"""Related rows in the answers of a list or a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.platform.domain.store_admission import readers_of
from chalicelib.platform.domain.store_relations import Relation, parse_expand
from chalicelib.platform.domain.store_rows import Row, render_row
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.repository.store_relations import related_rows
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.service.store_callers import StoreCaller

MAX_OF_ROW, MAX_OF_LIST = 500, 25
"""Related rows of one relation: of a single row, and of each row of a list. An answer has at most 4 MB."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The related rows of a page, by relation and by the value that they belong to."""

    related: Mapping[Relation, Mapping[Any, Sequence[Row]]]

    def render(self, row: Row, currency: str) -> dict[str, Any]:
        """Return the related rows of a row as JSON, by the relation's name: a list, or one row or null."""
        rendered: dict[str, Any] = {}
        for relation, by_value in self.related.items():
            schema = schemas()[relation.table]
            own = row.get("currency") or currency if relation.is_many else currency
            rows = [render_row(schema, each, own) for each in by_value.get(row[relation.local], ())]
            rendered[relation.name] = rows if relation.is_many else next(iter(rows), None)
        return rendered


def requested_relations(caller: StoreCaller, schema: TableSchema, expand: str | None) -> tuple[Relation, ...]:
    """Return the relations that a request expands. Raises InvalidFilter for those that the caller cannot read."""
    readable = [name for name in schemas() if caller.scope in readers_of(name)]
    return parse_expand(schema, schemas(), readable, expand)


def load_related(
    transaction: StoreTransaction, relations: Sequence[Relation], rows: Sequence[Row], limit: int
) -> Expansion:
    """Return the related rows, with one statement for each relation."""
    related = {}
    for relation in relations:
        values = {row[relation.local] for row in rows} - {None}
        related[relation] = related_rows(transaction, relation, values, limit)
    return Expansion(related)
