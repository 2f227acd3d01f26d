"""Key ranges of PostgreSQL's tables as the server's texts: compared and written without becoming values of Python.

Equal texts are equal values. The same value may have two texts, e.g. in JSON; then its rows are compared as values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, cast, func, literal_column, select

from chalicelib.platform.domain.row_hashes import TIME_FORMAT
from chalicelib.platform.domain.store_schema import ColumnKind
from chalicelib.platform.repository import store_ranges
from chalicelib.platform.repository.store_ranges import TableSide
from chalicelib.platform.repository.store_schema import kind_of

Texts = tuple[str | None, ...]
"""The texts of a row's values, in the order of the table's columns. Ids are the same as values."""


def are_texts_comparable(source: TableSide, target: TableSide) -> bool:
    """Return whether both sides write values as the same texts."""
    return {source.connection.dialect.name, target.connection.dialect.name} == {"postgresql"}


@cache
def column_kinds(table: Table) -> list[ColumnKind]:
    """Return the kinds of a table's columns, in the order of a row's texts."""
    return [kind_of(column) for column in table.columns]


def read_text_range(side: TableSide, after: Sequence[Any] | None, limit: int) -> list[Texts]:
    """Return the first rows after a key, in the order of their keys."""
    return _read_texts(side, store_ranges.range_of(side.table, after).limit(limit))


def read_texts_between(side: TableSide, after: Sequence[Any] | None, through: Sequence[Any] | None) -> list[Texts]:
    """Return the rows after a key up to another one, both None without a bound, in the order of their keys."""
    return _read_texts(side, store_ranges.range_of(side.table, after, through))


def _read_texts(side: TableSide, query: Select[Any]) -> list[Texts]:
    """Return the rows of a query as texts, which the server writes of the rows of the query alone."""
    rows = query.subquery("rows")
    texts = [_text_of(column) for column in rows.columns]
    keys = [rows.columns[column.name] for column in side.table.primary_key.columns]
    return store_ranges.read_rows(side, select(*texts).order_by(*keys))


def _text_of(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if kind_of(column) is ColumnKind.TIME:
        return func.to_char(
            func.timezone(literal_column("'UTC'"), column), literal_column(f"'{TIME_FORMAT}'"), type_=Text
        )
    return cast(column, Text)
