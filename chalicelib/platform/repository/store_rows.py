"""Rows of a store's database: lists, single rows, and changes. Every statement is for one table of the metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Insert,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_of

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_filters import Filter, SortKey
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.repository.store_conditions import after_position, filter_condition, order_by
from chalicelib.platform.repository.store_schema import sql_table
from chalicelib.platform.repository.store_transactions import StoreTransaction


@dataclass(frozen=True, slots=True)
class RowQuery:
    """A page of a list: selected columns, filters, a total order, and the position after which it begins."""

    columns: tuple[str, ...]
    filters: tuple[Filter, ...]
    sort: tuple[SortKey, ...]
    after: tuple[Any, ...] | None
    limit: int


def list_rows(transaction: StoreTransaction, schema: TableSchema, query: RowQuery) -> list[Row]:
    """Return at most `limit` rows in order."""
    table = sql_table(schema)
    conditions = _conditions(transaction, table, query.filters)
    if query.after is not None:
        conditions.append(after_position(table, query.sort, query.after))
    statement = (
        select(*(table.c[name] for name in query.columns))
        .where(*conditions)
        .order_by(*order_by(table, query.sort, transaction.dialect))
        .limit(query.limit)
    )
    return _rows(transaction, statement)


def count_rows(transaction: StoreTransaction, schema: TableSchema, filters: Sequence[Filter], limit: int) -> int:
    """Return the number of rows that match, at most `limit`."""
    table = sql_table(schema)
    matching = select(table.c[schema.key[0]]).where(*_conditions(transaction, table, filters)).limit(limit).subquery()
    return int(transaction.connection.execute(select(func.count()).select_from(matching)).scalar_one())


def find_row(transaction: StoreTransaction, schema: TableSchema, key: Row, columns: Sequence[str]) -> Row | None:
    """Return columns of the row with this key, or None."""
    table = sql_table(schema)
    return next(iter(_rows(transaction, select(*(table.c[name] for name in columns)).where(_has(table, key)))), None)


def lock_row(transaction: StoreTransaction, schema: TableSchema, key: Row) -> Row | None:
    """Return the whole row with this key, locked until the transaction ends; or None."""
    table = sql_table(schema)
    return next(iter(_rows(transaction, select(table).where(_has(table, key)).with_for_update())), None)


def lock_matching(
    transaction: StoreTransaction, schema: TableSchema, names: Sequence[str], values: Sequence[tuple[Any, ...]]
) -> list[Row]:
    """Return the whole rows whose columns have one of these values, locked in the order of their keys."""
    if not values:
        return []
    table = sql_table(schema)
    columns = [table.c[name] for name in names]
    matches: ColumnElement[bool] = (
        columns[0].in_([value[0] for value in values]) if len(columns) == 1 else tuple_(*columns).in_(values)
    )
    statement = select(table).where(matches).order_by(*(table.c[name] for name in schema.key)).with_for_update()
    return _rows(transaction, statement)


def find_conflicts(
    transaction: StoreTransaction, schema: TableSchema, rows: Sequence[Row]
) -> dict[tuple[str, ...], dict[tuple[Any, ...], tuple[str, ...]]]:
    """Return, by unique key, the values of the rows that stored rows have, with the keys of those."""
    table = sql_table(schema)
    key = [table.c[name] for name in schema.key]
    conflicts = {}
    for names in (schema.key, *schema.unique_keys):
        columns = [table.c[name] for name in names]
        matches = or_(*(and_(*(column == row[column.name] for column in columns)) for row in rows))
        stored = transaction.connection.execute(select(*columns, *key).where(matches)).all()
        conflicts[names] = {tuple(row[: len(names)]): tuple(row[len(names) :]) for row in stored}
    return conflicts


def insert_rows(transaction: StoreTransaction, schema: TableSchema, rows: Sequence[Row]) -> None:
    """Insert whole rows with one statement.

    PostgreSQL's driver would send a statement a row, and is slow with many parameters: it gets the rows as one document.
    """
    if not rows:
        return
    if transaction.dialect is Dialect.POSTGRESQL:
        document = json.dumps(rows, ensure_ascii=False, separators=(",", ":"), default=str)
        transaction.connection.execute(_insert_of_document(sql_table(schema)), {"document": document})
    else:
        transaction.connection.execute(insert_into(sql_table(schema)), list(rows))


@cache
def _insert_of_document(table: Table) -> Insert:
    """Return PostgreSQL's insert of the rows in the parameter `document`, a JSON list. Its null is a null of SQL."""
    columns = [column(each.name, each.type) for each in table.columns]
    document = cast(bindparam("document", type_=Text), JSON)
    rows = func.json_to_recordset(document).table_valued(*columns).render_derived(name="rows", with_types=True)
    return insert_into(table).from_select([each.name for each in table.columns], select(rows))


def update_rows(transaction: StoreTransaction, schema: TableSchema, rows: Sequence[Row]) -> None:
    """Write whole rows, which the transaction has locked."""
    if not rows:
        return
    table = sql_table(schema)
    names = [name for name in schema.columns if name not in schema.key]
    statement = (
        update_of(table)
        .where(*(table.c[name] == bindparam(f"key_{name}") for name in schema.key))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    parameters = [
        {f"key_{name}": row[name] for name in schema.key} | {f"new_{name}": row[name] for name in names} for row in rows
    ]
    transaction.connection.execute(statement, parameters)


def delete_row(transaction: StoreTransaction, schema: TableSchema, key: Row) -> bool:
    """Delete the row with this key. Returns whether it existed."""
    table = sql_table(schema)
    return bool(transaction.connection.execute(delete_from(table).where(_has(table, key))).rowcount)


def _conditions(transaction: StoreTransaction, table: Table, filters: Sequence[Filter]) -> list[ColumnElement[bool]]:
    return [filter_condition(table, each, transaction.dialect) for each in filters]


def _has(table: Table, key: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in key.items()))


def _rows(transaction: StoreTransaction, statement: Any) -> list[Row]:
    result = transaction.connection.execute(statement)
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]
