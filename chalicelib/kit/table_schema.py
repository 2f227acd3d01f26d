"""The columns, keys and indexes of a table, by the names that are stored."""

from __future__ import annotations

from chalicelib.kit.attributes import ColumnAttribute
from chalicelib.kit.tables import Table


def columns(table: type[Table]) -> dict[str, ColumnAttribute[object]]:
    """Return the table's columns by name."""
    attributes = table.get_attributes().values()
    return {each.attr_name: each for each in attributes if isinstance(each, ColumnAttribute)}


def personal_columns(table: type[Table]) -> tuple[str, ...]:
    """Return the names of the personal columns."""
    return tuple(name for name, attribute in columns(table).items() if attribute.personal)


def hash_key(table: type[Table]) -> str:
    """Return the name of the hash key."""
    return next(name for name, attribute in columns(table).items() if attribute.is_hash_key)


def range_key(table: type[Table]) -> str:
    """Return the name of the range key; empty if the table has none."""
    return next((name for name, attribute in columns(table).items() if attribute.is_range_key), "")


def index_by(table: type[Table], column: str) -> str:
    """Return the name of the index whose hash key is the column; empty if there is none."""
    for index in table._indexes.values():
        if index._hash_key_attribute().attr_name == column:
            return str(index.Meta.index_name)
    return ""
