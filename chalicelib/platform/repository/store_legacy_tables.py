"""Tables of a legacy database, shared by several stores. They are only read."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, and_, or_, select
from sqlalchemy.exc import NoSuchTableError, SAWarning

from chalicelib.integrations.sql import engines
from chalicelib.platform.database_errors import InvalidSourceStore
from chalicelib.platform.domain.legacy_rows import STORE_COLUMN

_CONSTRUCTORS: dict[type, Any] = {int: int, UUID: UUID, Decimal: Decimal}


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """A legacy table. `key` has the columns of its key without `store_id`; without any, the table cannot be read."""

    connection: Connection
    table: Table
    key: tuple[Column[Any], ...]

    @property
    def has_stores(self) -> bool:
        """Whether the table has the column `store_id`."""
        return STORE_COLUMN in self.table.c


def find_legacy_table(connection: Connection, schema: str, name: str, key: Sequence[str]) -> LegacyTable | None:
    """Return a table of the legacy schema, None if there is none. `key` is used for a table without a primary key."""
    with engines.translated(), connection.begin(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # a column whose type SQLAlchemy does not know is read as it is
        try:
            table = Table(name, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)
        except NoSuchTableError:
            return None
    columns = [column for column in table.primary_key.columns if column.name != STORE_COLUMN]
    if not columns and all(column in table.c for column in key):
        columns = [table.c[column] for column in key]
    return LegacyTable(connection, table, tuple(columns))


def require_store_value(legacy: LegacyTable, store_id: str) -> None:
    """Raise InvalidSourceStore if the table's column `store_id` cannot hold the value."""
    _bound(legacy.table.c[STORE_COLUMN], store_id)


def read_legacy_range(
    legacy: LegacyTable, store_id: str, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Return the store's first rows after a key, in the order of their keys. Raises InvalidSourceStore."""
    store = legacy.table.c[STORE_COLUMN]
    conditions = [store == _bound(store, store_id)]
    if after is not None:
        conditions.append(_comes_after(legacy.key, after))
    statement = select(legacy.table).where(*conditions).order_by(*legacy.key).limit(limit)
    with engines.translated(), legacy.connection.begin():
        return [dict(row) for row in legacy.connection.execute(statement).mappings()]


def legacy_key(legacy: LegacyTable, row: dict[str, Any]) -> tuple[Any, ...]:
    """Return the key of a row as JSON values."""
    return tuple(
        row[column.name] if isinstance(row[column.name], int) else str(row[column.name]) for column in legacy.key
    )


def _comes_after(columns: Sequence[Column[Any]], key: Sequence[Any]) -> ColumnElement[bool]:
    values = [_bound(column, value) for column, value in zip(columns, key, strict=True)]
    alternatives = [
        and_(*(columns[place] == values[place] for place in range(number)), columns[number] > values[number])
        for number in range(len(columns))
    ]
    return or_(*alternatives)


def _bound(column: Column[Any], value: Any) -> Any:
    """Convert a value to the column's type. Raises InvalidSourceStore if the given `store_id` cannot be converted."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return value
    try:
        return _CONSTRUCTORS.get(kind, lambda each: each)(value)
    except (ValueError, ArithmeticError):
        raise InvalidSourceStore from None
