"""Rows of a store's tables: from the body of a request, with defaults, and as the API shows them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.platform.domain.store_rules import broken_rules, normalize_value
from chalicelib.platform.domain.store_schema import ColumnSchema, TableSchema
from chalicelib.platform.domain.store_values import is_row_id, parse_json_value, render_value
from chalicelib.platform.errors import InvalidRow

Row = dict[str, Any]
"""A row by column, with values as the database holds them."""
KEY_SEPARATOR = ":"
"""Between the ids in the path of a row that joins two tables."""


@dataclass(slots=True)
class RowErrors:
    """Errors of rows, by path: `body.slug`, or `body.3.slug` in a batch."""

    is_batch: bool = False
    items: list[dict[str, str]] = field(default_factory=list)

    def add(self, position: int, column: str, message: str) -> None:
        """Add an error of a column of the row at this position."""
        parts = ["body", str(position), column] if self.is_batch else ["body", column]
        self.items.append({"path": ".".join(parts), "message": message})

    def by_position(self) -> dict[int, list[tuple[str, str]]]:
        """Return the errors of a batch: columns and messages by the row's position."""
        found: dict[int, list[tuple[str, str]]] = {}
        for item in self.items:
            _, position, column = item["path"].split(".", 2)
            found.setdefault(int(position), []).append((column, item["message"]))
        return found

    def raise_if_any(self) -> None:
        """Raise InvalidRow with the errors, if there are some."""
        if self.items:
            raise InvalidRow(f"{self.items[0]['path']}: {self.items[0]['message']}", errors=self.items)


def parse_row_key(schema: TableSchema, text: str) -> Row | None:
    """Return the key columns of a row that a path names; None if no row can have that key."""
    parts = text.split(KEY_SEPARATOR)
    if len(parts) != len(schema.key) or not all(is_row_id(part) for part in parts):
        return None
    return dict(zip(schema.key, parts, strict=True))


def key_of(schema: TableSchema, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of the row's key."""
    return tuple(row[name] for name in schema.key)


def parse_changes(schema: TableSchema, body: Mapping[str, Any], position: int, errors: RowErrors) -> Row:
    """Return the columns that a body sets. Adds unknown, read-only and invalid ones to the errors."""
    values: Row = {}
    for name, value in body.items():
        column = schema.columns.get(name)
        if column is None:
            errors.add(position, name[:100], "unknown column")
        elif schema.is_read_only(name):
            errors.add(position, name, "is read-only")
        else:
            try:
                values[name] = parse_column(schema.name, column, value)
            except ValueError as error:
                errors.add(position, name, str(error))
    return values


def parse_column(table: str, column: ColumnSchema, value: Any) -> Any:
    """Return a JSON value as a column of a table holds it, in its normal form. Raises ValueError for the caller."""
    return normalize_value(table, column.name, parse_json_value(column, value))


def require_columns(schema: TableSchema, values: Mapping[str, Any], position: int, errors: RowErrors) -> None:
    """Add the columns that a new row needs and that `values` lacks to the errors."""
    absent = [name for name in schema.required if name not in values]
    if not absent:
        return
    named = {item["path"] for item in errors.items}
    missing = RowErrors(errors.is_batch)
    for name in absent:
        missing.add(position, name, "is required")
    errors.items += [item for item in missing.items if item["path"] not in named]


def check_rules(schema: TableSchema, row: Mapping[str, Any], currency: str, position: int, errors: RowErrors) -> None:
    """Add what the columns of a whole row break together to the errors."""
    for name, message in broken_rules(schema.name, row, currency):
        errors.add(position, name, message)


def new_row(schema: TableSchema, values: Mapping[str, Any], row_id: str, now: datetime) -> Row:
    """Return a whole new row: the values, else the columns' defaults."""
    row = {**schema.defaults, **values, "version": 1, "created_at": now, "updated_at": now}
    if schema.has_id and "id" not in values:
        row["id"] = row_id
    return row


def changed_row(row: Mapping[str, Any], changes: Mapping[str, Any], now: datetime) -> Row:
    """Return the row after the changes; the same row if they change nothing."""
    if all(_is_same(row[name], value) for name, value in changes.items()):
        return dict(row)
    return {**row, **changes, "version": row["version"] + 1, "updated_at": now}


def render_row(schema: TableSchema, row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Return a row, or some columns of it, as JSON. `currency` is the store's, for amounts without one of their own."""
    own = row.get("currency") or currency
    rendered = dict(row)
    for column in schema.converted:
        if column.name in rendered:
            rendered[column.name] = render_value(column, rendered[column.name], own)
    return rendered


def fitting_rows(rows: Sequence[Mapping[str, Any]], max_bytes: int) -> int:
    """Return how many of the first rows have at most `max_bytes` bytes as JSON together; the first one always fits."""
    total = 0
    for position, row in enumerate(rows):
        total += len(json.dumps(row))
        if total > max_bytes and position:
            return position
    return len(rows)


def repeated_values(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[int]:
    """Return the positions of rows that repeat the values of an earlier row in these columns. Nulls never repeat."""
    seen: set[tuple[Any, ...]] = set()
    repeated = []
    for position, row in enumerate(rows):
        values = tuple(row.get(name) for name in names)
        if None in values:
            continue
        if values in seen:
            repeated.append(position)
        seen.add(values)
    return repeated


def _is_same(stored: Any, value: Any) -> bool:
    """Return whether two values of a column are the same; in JSON, unlike in Python, 1 and true differ."""
    if isinstance(stored, Decimal) and isinstance(value, Decimal):
        return stored == value
    return json.dumps(stored, sort_keys=True, default=str) == json.dumps(value, sort_keys=True, default=str)
