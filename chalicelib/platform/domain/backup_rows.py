"""Rows of a store as fields of CSV, exact both ways: the same rows give the same text on PostgreSQL and MySQL.

A null is NULL, as in the text format of PostgreSQL's COPY and of MySQL's LOAD DATA; a text that begins with a backslash
gets another one before it, so that no text is a null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema
from chalicelib.platform.domain.store_values import canonical_json

NULL = "\\N"
_ESCAPE = "\\"
_BOOLEANS = {"true": True, "false": False}


def encode_row(columns: Sequence[ColumnSchema], row: Mapping[str, Any]) -> list[str]:
    """Return the fields of a row."""
    return [_encode(column, row[column.name]) for column in columns]


def decode_row(columns: Sequence[ColumnSchema], fields: Sequence[str]) -> dict[str, Any]:
    """Return the row of these fields. Raises ValueError if they are not as `encode_row` writes them."""
    if len(fields) != len(columns):
        raise ValueError("the row has another number of fields than the header")
    return {column.name: _decode(column, field) for column, field in zip(columns, fields, strict=True)}


def _encode(column: ColumnSchema, value: Any) -> str:
    if value is None:
        return NULL
    if column.kind is ColumnKind.BOOLEAN:
        return "true" if value else "false"
    if column.kind is ColumnKind.MONEY:
        return f"{value:.4f}"
    if column.kind is ColumnKind.TIME:
        return str(value.astimezone(UTC).isoformat(timespec="microseconds"))
    if column.kind is ColumnKind.JSON:
        return _document(value)
    text = str(value)
    return _ESCAPE + text if text.startswith(_ESCAPE) else text


def _decode(column: ColumnSchema, field: str) -> Any:
    if field == NULL:
        return None
    if column.kind is ColumnKind.BOOLEAN:
        if field not in _BOOLEANS:
            raise ValueError("a boolean is true or false")
        return _BOOLEANS[field]
    if column.kind is ColumnKind.INTEGER:
        return int(field)
    if column.kind is ColumnKind.MONEY:
        return _amount(field)
    if column.kind is ColumnKind.TIME:
        return datetime.fromisoformat(field)
    if column.kind is ColumnKind.JSON:
        return json.loads(field)
    return field.removeprefix(_ESCAPE)


def _amount(field: str) -> Decimal:
    if not field.removeprefix("-").replace(".", "", 1).isdigit():
        raise ValueError("an amount is a decimal")
    return Decimal(field)


def _document(value: Any) -> str:
    """Return a JSON value as text that is the same for equal values."""
    return json.dumps(_by_value(canonical_json(value)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _by_value(value: Any) -> Any:
    """Return a JSON value with whole numbers as integers: one server writes 1.0, another 1."""
    if isinstance(value, dict):
        return {key: _by_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_by_value(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
