"""Lossless CSV fields for the rows of a store. Equal rows give equal text on PostgreSQL and MySQL.

A null is NULL, as in the text format of PostgreSQL's COPY and of MySQL's LOAD DATA; a text that begins with a backslash
gets another one before it, so that no text is a null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.platform.domain.json_documents import encode_document
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema

NULL = "\\N"
_ESCAPE = "\\"
_BOOLEANS = {"true": True, "false": False}


def encode_row(columns: Sequence[ColumnSchema], row: Mapping[str, Any]) -> list[str]:
    """Return the fields of a row."""
    return [NULL if (value := row[column.name]) is None else _ENCODERS[column.kind](value) for column in columns]


def decode_row(columns: Sequence[ColumnSchema], fields: Sequence[str]) -> dict[str, Any]:
    """Return the row of these fields. Raises ValueError if `encode_row` cannot have written them."""
    if len(fields) != len(columns):
        raise ValueError("the row has another number of fields than the header")
    return {
        column.name: None if field == NULL else _DECODERS[column.kind](field)
        for column, field in zip(columns, fields, strict=True)
    }


def _escaped(text: str) -> str:
    return _ESCAPE + text if text.startswith(_ESCAPE) else text


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _boolean(field: str) -> bool:
    if field not in _BOOLEANS:
        raise ValueError("a boolean is true or false")
    return _BOOLEANS[field]


def _amount(field: str) -> Decimal:
    if not field.removeprefix("-").replace(".", "", 1).isdigit():
        raise ValueError("an amount is a decimal")
    return Decimal(field)


_ENCODERS: Mapping[ColumnKind, Callable[[Any], str]] = {
    ColumnKind.ID: str,
    ColumnKind.TEXT: _escaped,
    ColumnKind.INTEGER: str,
    ColumnKind.MONEY: "{:.4f}".format,
    ColumnKind.BOOLEAN: lambda value: "true" if value else "false",
    ColumnKind.TIME: _time,
    ColumnKind.JSON: encode_document,
}
_DECODERS: Mapping[ColumnKind, Callable[[str], Any]] = {
    ColumnKind.ID: str,
    ColumnKind.TEXT: lambda field: field.removeprefix(_ESCAPE),
    ColumnKind.INTEGER: int,
    ColumnKind.MONEY: _amount,
    ColumnKind.BOOLEAN: _boolean,
    ColumnKind.TIME: datetime.fromisoformat,
    ColumnKind.JSON: json.loads,
}
