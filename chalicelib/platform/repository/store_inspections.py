"""Shapes of the tables in a store's schema, read by SQLAlchemy's reflection, and the shapes that they must have."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from sqlalchemy import Connection, Table, UniqueConstraint, inspect, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import TypeEngine

from chalicelib.platform.domain.table_comparison import Column, ColumnType, Family, TableShape
from chalicelib.platform.store_database.tables import METADATA

_INTEGER_BITS = {
    types.SmallInteger: 16,
    types.BigInteger: 64,
    mysql.TINYINT: 8,
    mysql.MEDIUMINT: 24,
    types.Integer: 32,
}
_MYSQL_TEXT = {mysql.TINYTEXT: 63, mysql.TEXT: 16_383, mysql.MEDIUMTEXT: 4_194_303, mysql.LONGTEXT: None}
"""Characters of four bytes."""


def expected_shape(name: str, dialect: SqlDialect) -> TableShape:
    """Return the shape that a table of the data API has on a server of this dialect."""
    table = METADATA.tables[name]
    columns = tuple(
        Column(
            column.name,
            _column_type(column.type, dialect),
            bool(column.nullable),
            not column.nullable and column.server_default is None,
        )
        for column in table.columns
    )
    return TableShape(
        name,
        columns,
        tuple(column.name for column in table.primary_key.columns),
        _unique_keys(table),
        {tuple(key.column_keys): key.referred_table.name for key in table.foreign_key_constraints},
    )


def _unique_keys(table: Table) -> frozenset[tuple[str, ...]]:
    constraints = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    return frozenset(tuple(sorted(column.name for column in each.columns)) for each in constraints)


def read_shapes(connection: Connection, schema: str, names: Iterable[str]) -> list[TableShape]:
    """Return the shapes of existing tables."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # a type that SQLAlchemy does not know is a difference
        inspector = inspect(connection)
        return [_read_shape(inspector, schema, name) for name in names]


def _read_shape(inspector: Inspector, schema: str, name: str) -> TableShape:
    dialect = inspector.dialect
    columns = []
    for each in inspector.get_columns(name, schema):
        has_default = each.get("default") is not None or bool(each.get("autoincrement") is True) or "computed" in each
        has_default = has_default or "identity" in each
        kind = _column_type(each["type"], dialect)
        columns.append(Column(each["name"], kind, each["nullable"], not each["nullable"] and not has_default))
    unique_keys = [each["column_names"] for each in inspector.get_unique_constraints(name, schema)]
    unique_keys += [
        [column for column in each["column_names"] if column is not None]
        for each in inspector.get_indexes(name, schema)
        if each["unique"]
        and None not in each["column_names"]
        and not each.get("dialect_options", {}).get("postgresql_where")
    ]
    return TableShape(
        name,
        tuple(_with_json(name, column, dialect) for column in columns),
        tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"]),
        frozenset(tuple(sorted(key)) for key in unique_keys),
        {
            tuple(each["constrained_columns"]): each["referred_table"]
            for each in inspector.get_foreign_keys(name, schema)
            if each["referred_schema"] in (None, schema)
        },
    )


def _with_json(table: str, column: Column, dialect: SqlDialect) -> Column:
    """Return a column of MariaDB, which stores JSON as LONGTEXT, as JSON if the data API has JSON there."""
    if not getattr(dialect, "is_mariadb", False) or column.type != ColumnType(Family.TEXT):
        return column
    expected = METADATA.tables[table].columns.get(column.name)
    if expected is None or not isinstance(expected.type, types.JSON):
        return column
    return Column(column.name, ColumnType(Family.JSON), column.is_nullable, column.is_required)


def _column_type(kind: TypeEngine[object], dialect: SqlDialect) -> ColumnType:
    """Return what a type of SQLAlchemy holds on a server of this dialect."""
    if isinstance(kind, types.TypeDecorator):
        return _column_type(kind.load_dialect_impl(dialect), dialect)
    kind = kind.dialect_impl(dialect)
    if isinstance(kind, types.JSON):
        return ColumnType(Family.JSON)
    if isinstance(kind, types.Uuid):
        return ColumnType(Family.UUID) if dialect.name == "postgresql" else ColumnType(Family.TEXT, 36)
    if isinstance(kind, types.Boolean) or (isinstance(kind, mysql.TINYINT) and kind.display_width == 1):
        return ColumnType(Family.BOOLEAN)
    if isinstance(kind, types.Numeric) and not isinstance(kind, types.Float):
        return ColumnType(Family.DECIMAL, kind.precision, kind.scale)
    if isinstance(kind, types.DateTime):
        return _time_type(kind, dialect)
    if isinstance(kind, types.Date):
        return ColumnType(Family.DATE)
    for integer, bits in _INTEGER_BITS.items():
        if isinstance(kind, integer):
            return ColumnType(Family.INTEGER, bits)
    for text, size in _MYSQL_TEXT.items():
        if isinstance(kind, text):
            return ColumnType(Family.TEXT, size)
    if isinstance(kind, types.String) and not isinstance(kind, types.Enum):
        return ColumnType(Family.TEXT, kind.length)
    return ColumnType(Family.OTHER)


def _time_type(kind: types.DateTime, dialect: SqlDialect) -> ColumnType:
    """Return the type of a time. PostgreSQL's without a zone is another type: its values depend on the session."""
    if dialect.name != "postgresql":
        return ColumnType(Family.TIME, scale=getattr(kind, "fsp", None) or 0)
    precision = kind.precision if isinstance(kind, postgresql.TIMESTAMP) else None
    return (
        ColumnType(Family.TIME, scale=6 if precision is None else precision)
        if kind.timezone
        else ColumnType(Family.OTHER)
    )
