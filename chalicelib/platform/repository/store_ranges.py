"""Key ranges of a store's tables: reads on both sides of a move, and idempotent changes of the target."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from chalicelib.integrations.sql import engines
from chalicelib.platform.domain.move_ranges import Key
from chalicelib.platform.repository.store_transactions import in_schema, quoted_for
from chalicelib.platform.store_database.tables import ORDERS

Values = tuple[Any, ...]
"""The values of a row, in the order of the table's columns."""


@dataclass(frozen=True, slots=True)
class TableSide:
    """A table on one side of a move. `role` is the role of each transaction on a shared server."""

    connection: Connection
    schema: str
    table: Table
    role: str | None = None

    @property
    def scoped(self) -> Connection:
        """The connection, whose statements run in the schema with the role."""
        return in_schema(self.connection.execution_options(**{engines.ROLE: self.role}), self.schema)

    def key_of(self, values: Values) -> Key:
        """Return the primary key of a row."""
        return tuple([values[position] for position in key_positions(self.table)])


@dataclass(frozen=True, slots=True)
class Reference:
    """A column with the id of a row of `table`, which may be its own table."""

    column: str
    table: Table
    is_nullable: bool


def column_names(table: Table) -> list[str]:
    """Return the names of a table's columns, in the order of a row's values."""
    return [column.name for column in table.columns]


@cache
def key_positions(table: Table) -> list[int]:
    """Return the positions of the primary key's columns in a row."""
    names = column_names(table)
    return [names.index(column.name) for column in table.primary_key.columns]


def references(table: Table) -> list[Reference]:
    """Return the references of a table's rows, in the order of its columns."""
    return [
        Reference(column.name, next(iter(column.foreign_keys)).column.table, bool(column.nullable))
        for column in table.columns
        if column.foreign_keys
    ]


def read_range(side: TableSide, after: Sequence[Any] | None, limit: int) -> list[Values]:
    """Return the first rows after a key, in the order of their keys."""
    return read_rows(side, range_of(side.table, after).limit(limit))


def read_between(side: TableSide, after: Sequence[Any] | None, through: Sequence[Any] | None) -> list[Values]:
    """Return the rows after a key up to another one, both None without a bound, in the order of their keys."""
    return read_rows(side, range_of(side.table, after, through))


def range_of(table: Table, after: Sequence[Any] | None, through: Sequence[Any] | None = None) -> Select[Any]:
    """Return the query of the rows after a key up to another one, both None without a bound, in the order of their keys."""
    conditions = [] if after is None else [comes_after(list(table.primary_key.columns), after)]
    if through is not None:
        conditions.append(~comes_after(list(table.primary_key.columns), through))
    return select(table).where(*conditions).order_by(*table.primary_key.columns)


def read_rows(side: TableSide, query: Select[Any]) -> list[Values]:
    """Return the rows of a query, in a transaction of its own."""
    scoped = side.scoped  # before the transaction, which begins with the role
    with engines.translated(), scoped.begin():
        return [tuple(row) for row in scoped.execute(query).all()]


def read_keys(side: TableSide, keys: Collection[Key]) -> list[Values]:
    """Return the rows with these keys."""
    return read_rows(side, select(side.table).where(_has_key(side.table, keys))) if keys else []


@contextmanager
def reading(side: TableSide) -> Iterator[None]:
    """Read within a transaction."""
    with engines.translated(), side.connection.begin():
        yield


def unique_positions(table: Table) -> list[list[int]]:
    """Return the positions of the columns of each unique key in a row."""
    names = column_names(table)
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return [[names.index(column.name) for column in constraint.columns] for constraint in constraints]


def find_holders(side: TableSide, rows: Sequence[Values], positions: Sequence[int]) -> dict[tuple[Any, ...], Key]:
    """Return the keys of the rows that hold the unique values of these rows, by value."""
    if not rows:
        return {}
    columns = [list(side.table.columns)[position] for position in positions]
    values = [tuple(row[position] for position in positions) for row in rows]
    found = read_rows(side, select(side.table).where(_is_any(columns, values)))
    return {tuple(row[position] for position in positions): side.key_of(row) for row in found}


def read_last_order_number(connection: Connection, schema: str) -> int:
    """Return the highest number of the orders in a schema; 0 without one."""
    with engines.translated(), connection.begin():
        return int(in_schema(connection, schema).execute(select(func.max(ORDERS.c.number))).scalar() or 0)


def count_values(side: TableSide) -> int:
    """Return the number of a table's rows."""
    return int(read_rows(side, select(func.count()).select_from(side.table))[0][0])


def delete_keys(side: TableSide, keys: Collection[Key]) -> None:
    """Delete the rows with these keys, in the open transaction."""
    if keys:
        side.scoped.execute(delete(side.table).where(_has_key(side.table, keys)))


def delete_holders(side: TableSide, rows: Sequence[Values]) -> None:
    """Delete the rows that hold a unique value of one of these rows, in the open transaction."""
    for positions in unique_positions(side.table):
        columns = [list(side.table.columns)[position] for position in positions]
        values = [tuple(row[position] for position in positions) for row in rows]
        side.scoped.execute(delete(side.table).where(_is_any(columns, values)))


def insert_values(side: TableSide, rows: Sequence[Values]) -> None:
    """Insert rows, in the open transaction: with COPY in PostgreSQL, with one statement for many rows in MySQL."""
    if not rows:
        return
    if side.connection.dialect.name == "postgresql":
        _copy_values(side, rows)
    else:
        side.scoped.execute(insert(side.table), [_parameters(side.table, row) for row in rows])


def _copy_values(side: TableSide, rows: Sequence[Values]) -> None:
    """Insert rows with COPY. JSON is written as text."""
    documents = [place for place, column in enumerate(side.table.columns) if isinstance(column.type, JSON)]
    is_required = {place for place in documents if not list(side.table.columns)[place].nullable}

    def written(row: Values) -> Values:
        values = list(row)
        for place in documents:
            if values[place] is not None or place in is_required:
                values[place] = json.dumps(values[place])
        return tuple(values)

    copy_texts(side, map(written, rows))


def copy_texts(side: TableSide, rows: Iterable[Values]) -> None:
    """Insert rows with PostgreSQL's COPY, which checks their references at its end, in the open transaction."""
    names = ", ".join(quoted_for(side.connection, name) for name in column_names(side.table))
    target = f"{quoted_for(side.connection, side.schema)}.{quoted_for(side.connection, side.table.name)}"
    driver: Any = side.connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)


def update_values(side: TableSide, rows: Sequence[Values]) -> None:
    """Write all columns of existing rows, in the open transaction."""
    names = [column.name for column in side.table.columns if not column.primary_key]
    _update(side, names, [_parameters(side.table, row) for row in rows])


def update_column(side: TableSide, name: str, values: Mapping[Key, Any]) -> None:
    """Set one column of the rows with these keys, in the open transaction."""
    key = [column.name for column in side.table.primary_key.columns]
    _update(side, [name], [dict(zip(key, each, strict=True)) | {name: value} for each, value in values.items()])


def find_present(side: TableSide, table: Table, values: Collection[Any]) -> set[Any]:
    """Return which of these ids a table of the side's schema has, in the open transaction."""
    if not values:
        return set()
    return set(side.scoped.execute(select(table.c.id).where(table.c.id.in_(sorted(values)))).scalars())


def _update(side: TableSide, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    key = [column.name for column in side.table.primary_key.columns]
    statement = (
        update(side.table)
        .where(*(side.table.c[name] == bindparam(f"key_{name}") for name in key))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    parameters = [
        {f"key_{name}": row[name] for name in key} | {f"new_{name}": row[name] for name in names} for row in rows
    ]
    side.scoped.execute(statement, parameters)


def _parameters(table: Table, row: Values) -> dict[str, Any]:
    return {
        column.name: JSON.NULL if value is None and _holds_json_null(column) else value
        for column, value in zip(table.columns, row, strict=True)
    }


def _holds_json_null(column: Column[Any]) -> bool:
    """Return whether an absent value of a column is the JSON value null."""
    return isinstance(column.type, JSON) and not column.nullable


def _has_key(table: Table, keys: Collection[Key]) -> ColumnElement[bool]:
    return _is_any(list(table.primary_key.columns), keys)


def _is_any(columns: Sequence[Column[Any]], values: Collection[tuple[Any, ...]]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([value[0] for value in values])
    return tuple_(*columns).in_(list(values))


def comes_after(columns: Sequence[Column[Any]], key: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition for keys after another one; its first column bounds the index on every server."""
    alternatives: list[ColumnElement[bool]] = [
        and_(*(columns[place] == key[place] for place in range(number)), columns[number] > key[number])
        for number in range(len(columns))
    ]
    if len(columns) == 1:
        return alternatives[0]
    return and_(columns[0] >= key[0], or_(*alternatives))
