"""Relations between a store's tables, by the names with which a request expands them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.errors import InvalidFilter

MAX_EXPANDED = 3
_REFERENCE = "_id"


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of `table` that belong to a row: one, or many of them.

    Their column `remote` has the value of the row's column `local`.
    """

    name: str
    table: str
    is_many: bool
    local: str
    remote: str


def parse_expand(
    schema: TableSchema, schemas: Mapping[str, TableSchema], readable: Collection[str], text: str | None
) -> tuple[Relation, ...]:
    """Return the relations that `expand` names. Raises InvalidFilter for one that is unknown or not readable."""
    names = dict.fromkeys(text.split(",")) if text else {}
    relations = {
        name: relation for name, relation in _relations_of(schema, schemas).items() if relation.table in readable
    }
    unknown = [name for name in names if name not in relations]
    if unknown or len(names) > MAX_EXPANDED:
        message = f"names at most {MAX_EXPANDED} of {', '.join(sorted(relations)) or 'none'}"
        raise InvalidFilter(f"query.expand: {message}", errors=[{"path": "query.expand", "message": message}])
    return tuple(relations[name] for name in names)


def _relations_of(schema: TableSchema, schemas: Mapping[str, TableSchema]) -> dict[str, Relation]:
    """Return a table's relations by name.

    `product_id` makes the relation `product` of its table, and in `products` one with the name of that table.
    """
    to_one = [
        Relation(column.name.removesuffix(_REFERENCE), column.references, False, column.name, "id")
        for column in schema.columns.values()
        if column.references
    ]
    to_many = [
        Relation(other.name, other.name, True, "id", column.name)
        for other in schemas.values()
        for column in other.columns.values()
        if column.references == schema.name
    ]
    return {relation.name: relation for relation in (*to_one, *to_many)}
