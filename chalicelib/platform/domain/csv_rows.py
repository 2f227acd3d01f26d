"""Rows of a store's tables as CSV: the header, the values of a line, and lines of an export. Pure.

An import of an export must give the same rows: an empty cell is null, `""` the empty text, and no cell is changed for
spreadsheets. A value that a spreadsheet would run as a formula stays as it is: import the file as text there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from chalicelib.platform.domain.store_rows import Row, parse_column
from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema

CellError = tuple[str, str]
"""A column, and the error of its cell."""
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NEEDS_QUOTES = re.compile(r'[",\r\n]')
_MAX_NAME = 100
"""The number of characters of an unknown column name that an error shows."""


class InvalidHeader(ValueError):
    """The first line does not name columns of the table."""


def parse_header(schema: TableSchema, cells: Sequence[str | None]) -> tuple[str, ...]:
    """Return the columns that the first line names. Raises InvalidHeader."""
    columns = tuple((cell or "").strip() for cell in cells)
    if not columns:
        raise InvalidHeader("The first line must name the columns.")
    for name in columns:
        if name not in schema.columns:
            hint = "; separate the columns by commas" if ";" in name or "\t" in name else ""
            raise InvalidHeader(f"The first line names an unknown column: {name[:_MAX_NAME] or 'without a name'}{hint}")
    if len(set(columns)) < len(columns):
        raise InvalidHeader("The first line names a column twice.")
    if all(schema.is_read_only(name) for name in columns):
        raise InvalidHeader("The first line names no column that an import can set.")
    return columns


class LineParser:
    """Reads the values of a file's lines. What its columns need is looked up once for all lines."""

    def __init__(self, schema: TableSchema, columns: Sequence[str]) -> None:
        self._table = schema.name
        self._width = len(columns)
        self._columns = [
            (place, schema.columns[name]) for place, name in enumerate(columns) if not schema.is_read_only(name)
        ]

    def parse(self, cells: Sequence[str | None]) -> tuple[Row, list[CellError]]:
        """Return the values of a line as the columns hold them, and the errors of its cells.

        An empty cell is null; in a column that is never null, it leaves the value out. Columns that callers cannot set
        are ignored, so that an export can be imported.
        """
        if len(cells) != self._width:
            return {}, [("", f"has {len(cells)} values; the first line names {self._width} columns")]
        values: Row = {}
        errors: list[CellError] = []
        for place, column in self._columns:
            cell = cells[place]
            if cell is None:
                if column.is_nullable:
                    values[column.name] = None
                continue
            try:
                values[column.name] = parse_column(self._table, column, _json_value(column, cell))
            except ValueError as error:
                errors.append((column.name, str(error)))
        return values, errors


def header_line(schema: TableSchema) -> str:
    """Return the first line of an export: all columns of the table."""
    return _line(list(schema.columns))


def row_line(schema: TableSchema, row: Mapping[str, Any]) -> str:
    """Return the line of a row, whose values are as the data API shows them."""
    return _line([_cell(column, row[name]) for name, column in schema.columns.items()])


def text_line(values: Sequence[str]) -> str:
    """Return a line of texts, for a report."""
    return _line([_quoted(value) for value in values])


def _line(cells: Sequence[str]) -> str:
    return ",".join(cells) + "\r\n"


def _json_value(column: ColumnSchema, cell: str) -> Any:
    """Return a cell as JSON has it. A cell that is no such value stays a text, which the column's check rejects.

    Raises ValueError for a document that is no JSON.
    """
    if column.kind is ColumnKind.TEXT:
        return cell
    if column.kind is ColumnKind.JSON:
        return _document(cell)
    text = cell.strip()
    if column.kind is ColumnKind.INTEGER and _INTEGER.fullmatch(text):
        return int(text)
    if column.kind is ColumnKind.BOOLEAN and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def _document(cell: str) -> Any:
    try:
        return json.loads(cell, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("must be JSON") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _cell(column: ColumnSchema, value: Any) -> str:
    if value is None:
        return ""
    if column.kind is ColumnKind.JSON:
        return _quoted(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """Return a text as a cell, in quotes if it is empty or would be read otherwise."""
    if text and not _NEEDS_QUOTES.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
