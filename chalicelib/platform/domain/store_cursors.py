"""Keyset cursors of lists of rows: the values of the last row's sort columns, after which the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from chalicelib.kit import clock
from chalicelib.platform.domain.store_filters import SortKey
from chalicelib.platform.domain.store_schema import ColumnKind, TableSchema
from chalicelib.platform.domain.store_values import render_text

_AFTER = "after"
_PARSERS: Mapping[ColumnKind, Callable[[str], Any]] = {
    ColumnKind.BOOLEAN: lambda text: text == "true",
    ColumnKind.INTEGER: int,
    ColumnKind.MONEY: Decimal,
    ColumnKind.TIME: clock.parse,
}
"""Parsers of stored values by kind; others are texts. The rules of input do not hold: an adopted column may be wider."""


def position_of(schema: TableSchema, row: Mapping[str, Any], sort: Sequence[SortKey]) -> dict[str, Any]:
    """Return the position of a row in the sort order, as JSON."""
    return {_AFTER: [render_text(schema.columns[key.column], row[key.column]) for key in sort]}


def parse_position(
    schema: TableSchema, position: Mapping[str, Any] | None, sort: Sequence[SortKey]
) -> tuple[Any, ...] | None:
    """Return the values of a position, one for each sort key; None for the first page."""
    if position is None:
        return None
    texts = position[_AFTER]
    return tuple(
        None if text is None else _PARSERS.get(schema.columns[key.column].kind, str)(text)
        for key, text in zip(sort, texts, strict=True)
    )
