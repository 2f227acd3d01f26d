"""Conversion of legacy rows to rows of a store: matches columns by name, adds defaults, and maps ids to UUIDs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from chalicelib.kit import clock, ids
from chalicelib.platform.domain.media_files import READY
from chalicelib.platform.domain.store_rules import broken_rules, normalize_value
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema
from chalicelib.platform.domain.store_values import parse_json_value

STORE_COLUMN = "store_id"
"""The column of a legacy table that names the store of a row."""
_NAMESPACE = "0d5c9a6b-7c0f-5b52-9c55-2f4f3d3b8a11"
_UUID_BYTES = 16
_BOOLEANS = {"0": False, "1": True, "f": False, "t": True, "false": False, "true": True}


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row of a legacy table that was not copied, or only in part. `key` is its legacy key."""

    table: str
    key: str
    reason: str


class RowNotConvertible(ValueError):
    """A legacy row does not fit its table. The message names the column and never a value."""


def legacy_id(store_id: str, table: str, value: Any) -> str:
    """Return the new id of a legacy row: a UUID unchanged, 16 bytes too, else a UUIDv5 of store, table and id.

    References to the row get the same UUID.
    """
    if isinstance(value, bytes):
        value = UUID(bytes=value) if len(value) == _UUID_BYTES else value.hex()
    text = str(value)
    try:
        return str(UUID(text))
    except ValueError:
        return ids.derived(_NAMESPACE, store_id, table, json.dumps(text))


def convert_legacy_row(
    schema: TableSchema, row: Mapping[str, Any], store_id: str, currency: str, moment: datetime
) -> tuple[Any, ...]:
    """Return the normal values of a legacy row, in the order of the table's columns.

    `currency` is the store's; `moment` replaces missing times. Raises RowNotConvertible.
    """
    values = {
        column.name: _convert(schema, column, row.get(column.name), store_id, moment)
        for column in schema.columns.values()
    }
    for name, message in broken_rules(schema.name, values, currency):
        raise RowNotConvertible(f"{name} {message}")
    return tuple(values.values())


def _convert(schema: TableSchema, column: ColumnSchema, value: Any, store_id: str, moment: datetime) -> Any:
    if value is None:
        return _missing(schema, column, moment)
    if column.kind is ColumnKind.ID:
        return legacy_id(store_id, column.references or schema.name, value)
    try:
        return normalize_value(schema.name, column.name, parse_json_value(column, _plain(column, value)))
    except (ValueError, ArithmeticError) as error:
        words = str(error) if type(error) is ValueError else "is not readable"
        raise RowNotConvertible(f"{column.name} {words}") from None


def _missing(schema: TableSchema, column: ColumnSchema, moment: datetime) -> Any:
    """Return the value of a column that a legacy row lacks. A legacy file is ready: nobody uploads it here."""
    if (schema.name, column.name) == ("media_library", "status"):
        return READY
    if column.default is not None:
        return column.default
    if column.is_nullable:
        return None
    if column.name in ("created_at", "updated_at", "placed_at"):
        return moment
    raise RowNotConvertible(f"{column.name} is missing")


def _plain(column: ColumnSchema, value: Any) -> Any:
    """Convert a legacy value to its form in a JSON body."""
    if column.kind is ColumnKind.BOOLEAN:
        return _BOOLEANS.get(str(value).lower(), value)
    if column.kind is ColumnKind.INTEGER:
        return int(value) if Decimal(str(value)) == int(value) else value
    if column.kind is ColumnKind.MONEY:
        return format(Decimal(str(value)).normalize(), "f")
    if column.kind is ColumnKind.TIME:
        return _time_text(value)
    if column.kind is ColumnKind.JSON:
        return json.loads(value) if isinstance(value, str | bytes) else value
    return value.decode() if isinstance(value, bytes) else str(value)


def _time_text(value: Any) -> str:
    """Return a time as text; one without a zone is in UTC, a date is its first moment."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    if isinstance(value, datetime):
        return clock.iso(value if value.tzinfo else value.replace(tzinfo=UTC))
    return str(value)
