"""Tables of a legacy database, shared by several stores. They are only read."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Enum, Float, MetaData, Table, select
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import NoSuchTableError, SAWarning

from chalicelib.integrations.sql import engines
from chalicelib.platform.database_errors import InvalidSourceStore
from chalicelib.platform.domain.legacy_rows import STORE_COLUMN
from chalicelib.platform.repository.store_ranges import comes_after


def _parse_bytes(text: str) -> bytes:
    """Return the bytes of a hexadecimal text, which may have the hyphens of a UUID. Raises ValueError."""
    return bytes.fromhex(text.replace("-", ""))


_CONSTRUCTORS: dict[type, Callable[[Any], Any]] = {
    int: int,
    str: str,
    UUID: UUID,
    Decimal: Decimal,
    bytes: _parse_bytes,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
"""How a value of `legacy_key` becomes one of its column again, by the column's Python type."""
_NOT_IN_ORDER = (Enum, Float, mysql.SET)
"""Types whose order in an index is not that of comparisons, or whose values are not exact."""


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

    @property
    def unreadable(self) -> str | None:
        """The reason why the table cannot be read, None if it can."""
        if not self.has_stores:
            return "the table has no column store_id"
        if not self.key:
            return "the table has no key"
        for column in self.key:
            if isinstance(column.type, _NOT_IN_ORDER) or column.type.python_type not in _CONSTRUCTORS:
                return f"the key column {column.name} has a type that is not read in order"
        return None


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
        key = [_bound(column, value) for column, value in zip(legacy.key, after, strict=True)]
        conditions.append(comes_after(legacy.key, key))
    statement = select(legacy.table).where(*conditions).order_by(*legacy.key).limit(limit)
    with engines.translated(), legacy.connection.begin():
        return [dict(row) for row in legacy.connection.execute(statement).mappings()]


def legacy_key(legacy: LegacyTable, row: dict[str, Any]) -> tuple[Any, ...]:
    """Return the key of a row as JSON values, bytes in hexadecimal digits."""
    return tuple(_json_value(row[column.name]) for column in legacy.key)


def _json_value(value: Any) -> int | str:
    if isinstance(value, int):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)


def _bound(column: Column[Any], value: Any) -> Any:
    """Convert a value to the column's type. Raises InvalidSourceStore if the given `store_id` cannot be converted."""
    try:
        return _CONSTRUCTORS.get(column.type.python_type, lambda each: each)(value)
    except (ValueError, ArithmeticError):
        raise InvalidSourceStore from None
