"""Types and columns that the stores' tables share, the same values on PostgreSQL and MySQL.

Text compares by code point, times are UTC with microseconds, money is exact with four decimals.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    Numeric,
    String,
    Text,
    TypeDecorator,
    Uuid,
    false,
    text,
    true,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

_CODE_POINTS = "C"
"""PostgreSQL's collation by code point; in MySQL each table has utf8mb4_bin."""
_CHOICE = 20
"""Length of a column with one of a few values: a new value needs no wider column."""


class Timestamp(TypeDecorator[datetime]):
    """A time in UTC with microseconds: `timestamptz` in PostgreSQL, `datetime(6)` in MySQL. Rejects naive datetimes."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True, precision=6))
        return dialect.type_descriptor(mysql.DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


IDENTIFIER = Uuid(as_uuid=False).with_variant(mysql.CHAR(36, charset="ascii", collation="ascii_bin"), "mysql")
MONEY = Numeric(19, 4)
JSON_VALUE = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
LONG_TEXT = Text(collation=_CODE_POINTS).with_variant(mysql.MEDIUMTEXT(), "mysql")


def short_text(length: int) -> TypeEngine[str]:
    """Return the type of a text of at most `length` characters."""
    return String(length, collation=_CODE_POINTS).with_variant(mysql.VARCHAR(length), "mysql")


def identifier() -> Column[str]:
    """Return the key of a row: a UUID in lower case with hyphens."""
    return Column("id", IDENTIFIER, primary_key=True)


def reference(name: str, table: str, ondelete: str, **options: Any) -> Column[str]:
    """Return a column with the id of a row of `table`. `ondelete` is `CASCADE`, then it is required, or `SET NULL`."""
    nullable = ondelete == "SET NULL"
    return Column(name, IDENTIFIER, ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable, **options)


def required_text(name: str, length: int, **options: Any) -> Column[str]:
    """Return a column of text that is never null."""
    return Column(name, short_text(length), nullable=False, **options)


def optional_text(name: str, length: int) -> Column[str]:
    """Return a column of text that may be null."""
    return Column(name, short_text(length))


def choice(name: str, values: tuple[str, ...], default: str | None = None) -> Column[str]:
    """Return a column with one of `values`, which `Column.info` holds too. `one_of` is its check."""
    options: dict[str, Any] = {} if default is None else {"default": default, "server_default": default}
    return Column(name, short_text(_CHOICE), nullable=False, info={"values": values}, **options)


def one_of(column: Column[str]) -> CheckConstraint:
    """Return the check of a `choice`."""
    values = ", ".join(f"'{value}'" for value in column.info["values"])
    return CheckConstraint(f"{column.name} IN ({values})", name=str(column.name))


def flag(name: str, *, default: bool) -> Column[bool]:
    """Return a column that is true or false."""
    return Column(name, Boolean, nullable=False, default=default, server_default=true() if default else false())


def count(name: str, default: int | None = 0, size: Callable[[], TypeEngine[int]] = Integer) -> Column[int]:
    """Return a column with a whole number that is never null."""
    options: dict[str, Any] = {} if default is None else {"default": default, "server_default": text(str(default))}
    return Column(name, size(), nullable=False, **options)


def byte_count(name: str) -> Column[int]:
    """Return a column with a number of bytes that is never null."""
    return count(name, None, BigInteger)


def money(name: str, *, nullable: bool = False, default: Decimal | None = None) -> Column[Decimal]:
    """Return a column with an amount of money."""
    options: dict[str, Any] = {} if default is None else {"default": default, "server_default": text(str(default))}
    return Column(name, MONEY, nullable=nullable, **options)


def time(name: str, *, nullable: bool = True) -> Column[datetime]:
    """Return a column with a time."""
    return Column(name, Timestamp, nullable=nullable)


def technical() -> tuple[Column[int], Column[datetime], Column[datetime]]:
    """Return the columns that each table has: `version`, `created_at` and `updated_at`."""
    return count("version", 1), time("created_at", nullable=False), time("updated_at", nullable=False)
