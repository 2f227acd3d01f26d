"""Reading of a store's rows: the schema, lists and single rows."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit.pagination import PageRequest
from chalicelib.platform.domain.store_admission import readers_of
from chalicelib.platform.domain.store_cursors import parse_position, position_of
from chalicelib.platform.domain.store_filters import parse_fields, parse_filters, parse_sort
from chalicelib.platform.domain.store_rows import Row, fitting_rows, parse_row_key, render_row
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.errors import RowNotFound, StoreTableNotFound
from chalicelib.platform.repository import store_rows
from chalicelib.platform.repository.store_rows import RowQuery
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_rows import (
    ColumnRead,
    ExpandedRowRead,
    RowBatchRead,
    RowListQuery,
    RowPage,
    RowRead,
    RowReadQuery,
    StoreSchemaRead,
    TableRead,
)
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import run_transaction
from chalicelib.platform.service.store_relations import (
    MAX_OF_LIST,
    MAX_OF_ROW,
    Expansion,
    load_related,
    requested_relations,
)

MAX_COUNT = 10_000
MAX_BYTES = 3_500_000
"""Bytes of the rows of a page; one with larger rows has fewer of them."""


def describe_tables(caller: StoreCaller) -> StoreSchemaRead:
    """Return the tables that the caller may read."""
    readable = [schema for name, schema in schemas().items() if caller.scope in readers_of(name)]
    return StoreSchemaRead(currency=caller.store.currency, tables=[_describe(schema) for schema in readable])


def table_schema(table: str) -> TableSchema:
    """Return the description of a table. Raises StoreTableNotFound."""
    schema = schemas().get(table)
    if schema is None:
        raise StoreTableNotFound
    return schema


def require_key(schema: TableSchema, row_id: str) -> Row:
    """Return the key that a path names. Raises RowNotFound if no row can have it."""
    key = parse_row_key(schema, row_id)
    if key is None:
        raise RowNotFound
    return key


def list_rows(caller: StoreCaller, table: str, query: RowListQuery, page: PageRequest) -> RowPage:
    """Return a page of rows. Raises StoreTableNotFound, InvalidFilter, Unavailable."""
    schema = table_schema(table)
    filters = parse_filters(schema, query.model_extra or {})
    sort, fields = parse_sort(schema, query.sort), parse_fields(schema, query.fields)
    relations = requested_relations(caller, schema, query.expand)
    columns = _with_needed(schema, fields, (*(key.column for key in sort), *(each.local for each in relations)))
    row_query = RowQuery(columns, filters, sort, parse_position(schema, page.start, sort), page.limit + 1)

    def read(transaction: StoreTransaction) -> tuple[list[Row], int | None, Expansion]:
        rows = store_rows.list_rows(transaction, schema, row_query)
        count = store_rows.count_rows(transaction, schema, filters, MAX_COUNT) if query.count else None
        return rows, count, load_related(transaction, relations, rows[: page.limit], MAX_OF_LIST)

    rows, count, expansion = run_transaction(caller.store, read)
    items = [
        _render(schema, row, fields, caller) | expansion.render(row, caller.store.currency)
        for row in rows[: page.limit]
    ]
    items = items[: fitting_rows(items, MAX_BYTES)]
    last_key = position_of(schema, rows[len(items) - 1], sort) if len(rows) > len(items) else None
    return RowPage(items=items, next_cursor=page.cursor(last_key), count=count)


def get_row(caller: StoreCaller, table: str, row_id: str, query: RowReadQuery) -> RowRead:
    """Return a row. Raises StoreTableNotFound, RowNotFound, InvalidFilter, Unavailable."""
    schema = table_schema(table)
    key, fields = require_key(schema, row_id), parse_fields(schema, query.fields)
    relations = requested_relations(caller, schema, query.expand)
    columns = _with_needed(schema, fields, tuple(each.local for each in relations))

    def read(transaction: StoreTransaction) -> tuple[Row, Expansion]:
        row = store_rows.find_row(transaction, schema, key, columns)
        if row is None:
            raise RowNotFound
        return row, load_related(transaction, relations, [row], MAX_OF_ROW)

    row, expansion = run_transaction(caller.store, read)
    rendered = _render(schema, row, fields, caller) | expansion.render(row, caller.store.currency)
    return ExpandedRowRead(rendered) if relations else RowRead(rendered)


def render_batch(schema: TableSchema, rows: Sequence[Row], currency: str) -> RowBatchRead:
    """Return the rows of a batch; those that do not fit the answer have their key and version only."""
    items = [render_row(schema, row, currency) for row in rows]
    fitting = fitting_rows(items, MAX_BYTES)
    short = [{name: item[name] for name in (*schema.key, "version")} for item in items[fitting:]]
    return RowBatchRead(items=[*items[:fitting], *short])


def _with_needed(schema: TableSchema, fields: tuple[str, ...], others: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the columns to read: the selected ones, those to sort by, and the currency of selected amounts."""
    needed = {*fields, *others}
    if "currency" in schema.columns and needed & set(schema.money_columns):
        needed.add("currency")
    return tuple(name for name in schema.columns if name in needed)


def _render(schema: TableSchema, row: Row, fields: tuple[str, ...], caller: StoreCaller) -> dict[str, object]:
    rendered = render_row(schema, row, caller.store.currency)
    return {name: rendered[name] for name in fields}


def _describe(schema: TableSchema) -> TableRead:
    columns = [
        ColumnRead(
            name=column.name,
            type=column.kind,
            is_nullable=column.is_nullable,
            is_read_only=schema.is_read_only(column.name),
            has_default=column.default is not None or column.name == "id",
            max_length=column.max_length,
            choices=list(column.choices),
            references=column.references,
        )
        for column in schema.columns.values()
    ]
    return TableRead(
        name=schema.name,
        key=list(schema.key),
        unique_keys=[list(names) for names in schema.unique_keys],
        columns=columns,
    )
