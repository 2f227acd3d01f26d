"""The query string of a list of rows: filters, sort order and selected columns. Pure."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from chalicelib.platform.domain.store_schema import ColumnKind, ColumnSchema, TableSchema
from chalicelib.platform.domain.store_values import parse_text_value, plain_text
from chalicelib.platform.errors import InvalidFilter

MAX_FILTERS = 20
MAX_VALUES = 100
"""Values of one `in`."""
MAX_SORT = 3
MAX_PATTERN = 256
"""Characters of a pattern."""


class Operator(StrEnum):
    """An operator of a filter. A null matches `is` only."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    LIKE = "like"
    ILIKE = "ilike"
    IS = "is"


_ORDERED = frozenset([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE])
_PATTERNS = frozenset([Operator.LIKE, Operator.ILIKE])


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a column. `value` is a tuple for `in`, a `PatternPart` tuple for patterns, True for `is` null."""

    column: str
    operator: Operator
    value: Any


class Wildcard(StrEnum):
    """A wildcard of a pattern: any characters, or one."""

    ANY = "%"
    ONE = "_"


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by. Nulls come last in both directions."""

    column: str
    is_descending: bool = False


def parse_filters(schema: TableSchema, parameters: Mapping[str, str]) -> tuple[Filter, ...]:
    """Return the filters of parameters such as `amount.gte=10`. Raises InvalidFilter."""
    if len(parameters) > MAX_FILTERS:
        _refuse("query", f"at most {MAX_FILTERS} filters")
    return tuple(_parse_filter(schema, name, text) for name, text in parameters.items())


def parse_sort(schema: TableSchema, text: str | None) -> tuple[SortKey, ...]:
    """Return the sort keys of `-created_at,name`, followed by the table's key, so that the order is total.

    Raises InvalidFilter.
    """
    names = text.split(",") if text else []
    keys = [SortKey(name.removeprefix("-"), name.startswith("-")) for name in names]
    if len(keys) > MAX_SORT:
        _refuse("query.sort", f"at most {MAX_SORT} columns")
    for key in keys:
        column = schema.columns.get(key.column)
        if column is None or not column.is_sortable:
            _refuse("query.sort", f"unknown column, or one that cannot be sorted by: {key.column[:100]}")
    sorted_by = [key.column for key in keys]
    if len(set(sorted_by)) < len(sorted_by):
        _refuse("query.sort", "names a column twice")
    return (*keys, *(SortKey(name) for name in schema.key if name not in sorted_by))


def parse_fields(schema: TableSchema, text: str | None) -> tuple[str, ...]:
    """Return the selected columns in the table's order, with its key and `version`; all columns without a selection.

    Raises InvalidFilter for an unknown column.
    """
    if not text:
        return tuple(schema.columns)
    names = text.split(",")
    for name in names:
        if name not in schema.columns:
            _refuse("query.fields", f"unknown column: {name[:100]}")
    selected = {*names, *schema.key, "version"}
    return tuple(name for name in schema.columns if name in selected)


def _parse_filter(schema: TableSchema, parameter: str, text: str) -> Filter:
    where = f"query.{parameter[:100]}"
    name, _, operator_text = parameter.partition(".")
    column = schema.columns.get(name)
    if column is None or operator_text not in set(Operator):
        _refuse(where, f"unknown parameter; filters read <column>.<operator>, with {', '.join(Operator)}")
    operator = Operator(operator_text)
    try:
        return Filter(name, operator, _parse_operand(column, operator, text))
    except ValueError as error:
        _refuse(where, str(error))


def _parse_operand(column: ColumnSchema, operator: Operator, text: str) -> Any:
    """Return the value that a filter compares with. Raises ValueError."""
    if operator is Operator.IS:
        if text not in ("null", "not_null"):
            raise ValueError("must be null or not_null")
        return text == "null"
    if column.kind is ColumnKind.JSON:
        raise ValueError("only `is` filters JSON")
    if operator in _PATTERNS:
        if column.kind is not ColumnKind.TEXT:
            raise ValueError("patterns filter texts only")
        return _parse_pattern(text)
    if operator in _ORDERED and column.kind is ColumnKind.BOOLEAN:
        raise ValueError("true and false have no order")
    if operator is Operator.IN:
        try:
            values = next(csv.reader([text], strict=True), [])
        except csv.Error:
            raise ValueError("must be values separated by commas, quoted as in CSV") from None
        if not 1 <= len(values) <= MAX_VALUES:
            raise ValueError(f"must hold 1 to {MAX_VALUES} values, separated by commas")
        return tuple(parse_text_value(column, value) for value in values)
    return parse_text_value(column, text)


def _parse_pattern(text: str) -> tuple[str | Wildcard, ...]:
    """Return the parts of a pattern: `%` matches any characters, `_` one; a backslash makes the next one plain."""
    if len(plain_text(text)) > MAX_PATTERN:
        raise ValueError(f"must have at most {MAX_PATTERN} characters")
    parts: list[str | Wildcard] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            plain = next(characters, None)
            if plain is None:
                raise ValueError("must not end with a backslash")
            parts.append(plain)
        else:
            parts.append(Wildcard(character) if character in set(Wildcard) else character)
    return tuple(parts)


def _refuse(where: str, message: str) -> NoReturn:
    raise InvalidFilter(f"{where}: {message}", errors=[{"path": where, "message": message}])
