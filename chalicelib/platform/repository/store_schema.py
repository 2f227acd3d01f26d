"""The description of the stores' tables, derived from their SQL metadata."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from chalicelib.platform.domain.store_schema import CONVERTED, ColumnKind, ColumnSchema, TableSchema
from chalicelib.platform.store_database.columns import Timestamp
from chalicelib.platform.store_database.tables import METADATA, TABLES

_KINDS: tuple[tuple[type[Any], ColumnKind], ...] = (
    (Uuid, ColumnKind.ID),
    (Timestamp, ColumnKind.TIME),
    (Boolean, ColumnKind.BOOLEAN),
    (Integer, ColumnKind.INTEGER),
    (Numeric, ColumnKind.MONEY),
    (JSON, ColumnKind.JSON),
    (String, ColumnKind.TEXT),
)
_MINIMUM = re.compile(r"(\w+) (>=|>) (\d+)")


@cache
def schemas() -> dict[str, TableSchema]:
    """Return the description of each table by name, in the order of their creation."""
    return {table.name: _schema_of(table) for table in TABLES}


def sql_table(schema: TableSchema) -> Table:
    """Return the SQL table that a description is of."""
    return METADATA.tables[schema.name]


def kind_of(column: ColumnElement[Any]) -> ColumnKind:
    """Return the kind of a column."""
    return next(kind for type_of_kind, kind in _KINDS if isinstance(column.type, type_of_kind))


def _schema_of(table: Table) -> TableSchema:
    checks = [_MINIMUM.fullmatch(str(each.sqltext)) for each in table.constraints if isinstance(each, CheckConstraint)]
    minima = {match[1]: match for match in checks if match}
    columns = {column.name: _column_schema(column, minima.get(column.name)) for column in table.columns}
    key = tuple(column.name for column in table.primary_key.columns)
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    unique = {tuple(column.name for column in each.columns) for each in constraints}
    positions = list(columns)
    ordered = sorted(unique, key=lambda names: [positions.index(name) for name in names])
    converted = tuple(column for column in columns.values() if column.kind in CONVERTED)
    return TableSchema(table.name, columns, key, tuple(ordered), converted)


def _column_schema(column: Column[Any], minimum: re.Match[str] | None) -> ColumnSchema:
    kind = kind_of(column)
    reference = next((each.column.table.name for each in column.foreign_keys), None)
    return ColumnSchema(
        name=column.name,
        kind=kind,
        is_nullable=bool(column.nullable),
        default=column.default.arg if column.default is not None else None,  # type: ignore[attr-defined]
        max_length=getattr(column.type, "length", None) if kind is ColumnKind.TEXT else None,
        choices=column.info.get("values", ()),
        minimum=Decimal(minimum[3]) if minimum else None,
        is_minimum_allowed=minimum is None or minimum[2] == ">=",
        maximum=_maximum(column) if kind is ColumnKind.INTEGER else None,
        references=reference,
    )


def _maximum(column: Column[Any]) -> int:
    """Return the largest value of a column of whole numbers, the same in PostgreSQL and MySQL."""
    bits = 16 if isinstance(column.type, SmallInteger) else 64 if isinstance(column.type, BigInteger) else 32
    return int(2 ** (bits - 1) - 1)
