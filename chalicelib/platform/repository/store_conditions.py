"""SQL conditions and orders of lists of rows. Columns come from the metadata, values are bound."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, Table, and_, bindparam, false, func, or_
from sqlalchemy.sql.elements import UnaryExpression

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_filters import Filter, Operator, SortKey, Wildcard

_ESCAPE = "!"
"""The escape character of our patterns; a backslash means different things to the servers."""
_DATABASE_LOCALE = "default"
"""PostgreSQL's collation of the database, which folds the letters of all scripts; `C`, which the columns have, folds ASCII."""
_COMPARISONS: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def filter_condition(table: Table, each: Filter, dialect: Dialect) -> ColumnElement[bool]:
    """Return the condition of a filter."""
    column = table.c[each.column]
    if each.operator in _COMPARISONS:
        condition: ColumnElement[bool] = _COMPARISONS[each.operator](column, _bound(column, each.value))
        return condition
    if each.operator is Operator.IN:
        return column.in_(each.value)
    if each.operator is Operator.IS:
        return column.is_(None) if each.value else column.is_not(None)
    if each.operator is Operator.LIKE:
        return column.like(_pattern(each.value), escape=_ESCAPE)
    texts: list[ColumnElement[Any]] = [column, _bound(column, _pattern(each.value))]
    if dialect is Dialect.POSTGRESQL:
        texts = [text.collate(_DATABASE_LOCALE) for text in texts]
    folded, pattern = (func.lower(text) for text in texts)
    return folded.like(pattern, escape=_ESCAPE)


def after_position(table: Table, sort: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition for rows that come after these values of the sort columns."""
    alternatives = []
    for number, (key, value) in enumerate(zip(sort, values, strict=True)):
        equal = [_is_equal(table.c[before.column], known) for before, known in zip(sort[:number], values, strict=False)]
        alternatives.append(and_(*equal, _comes_after(table, key, value)))
    return or_(*alternatives)


def order_by(table: Table, sort: Sequence[SortKey], dialect: Dialect) -> list[ColumnElement[Any]]:
    """Return the order of a list; nulls come last in both directions."""
    return [element for key in sort for element in _order(table, key, dialect)]


def _comes_after(table: Table, key: SortKey, value: Any) -> ColumnElement[bool]:
    """Return the condition for a column that comes after a value; nothing comes after null."""
    column = table.c[key.column]
    if value is None:
        return false()
    bound = _bound(column, value)
    beyond = column < bound if key.is_descending else column > bound
    return or_(beyond, column.is_(None)) if column.nullable else beyond


def _is_equal(column: Column[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == _bound(column, value)


def _bound(column: Column[Any], value: Any) -> ColumnElement[Any]:
    """Return a bound value of the column's type; SQLAlchemy would write true and false into the statement.

    Whole numbers have 64 bits: PostgreSQL refuses a position in an adopted wider column otherwise.
    """
    return bindparam(None, value, type_=BigInteger() if isinstance(column.type, Integer) else column.type)


def _order(table: Table, key: SortKey, dialect: Dialect) -> list[ColumnElement[Any]]:
    column = table.c[key.column]
    direction: UnaryExpression[Any] = column.desc() if key.is_descending else column.asc()
    if not column.nullable:
        return [direction]
    if dialect is Dialect.POSTGRESQL:
        return [direction.nulls_last()]
    return [column.is_(None), direction]


def _pattern(parts: Sequence[str | Wildcard]) -> str:
    """Return a LIKE pattern; plain characters that mean something in a pattern are escaped."""
    special = {*Wildcard, _ESCAPE}
    return "".join(
        part.value if isinstance(part, Wildcard) else f"{_ESCAPE}{part}" if part in special else part for part in parts
    )
