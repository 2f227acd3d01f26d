"""A description of the stores' tables without SQL: what rows, filters and cursors are checked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

TECHNICAL = frozenset(["version", "created_at", "updated_at"])
"""Each technical column: it is in every table, and Backroom sets it."""
_COMPUTED = {
    "customers": frozenset(["total_spent", "order_count"]),
    "discounts": frozenset(["times_used"]),
    "inventory": frozenset(["reserved"]),
    "media_library": frozenset(["storage_key", "content_type", "byte_size", "checksum", "status"]),
}
"""Columns that orders and uploads set."""
UPLOADED_TABLES = frozenset(["media_library"])
"""Tables whose rows are created by uploads; callers change and delete them."""
READ_ONLY_TABLES = frozenset(["orders", "order_items"])
"""Tables that only the order routes write."""
MAX_SORTABLE = 255
"""Characters of a text that can be sorted by: a cursor holds its value."""


class ColumnKind(StrEnum):
    ID = "uuid"
    TEXT = "text"
    INTEGER = "integer"
    MONEY = "decimal"
    BOOLEAN = "boolean"
    TIME = "datetime"
    JSON = "json"


CONVERTED = frozenset([ColumnKind.TIME, ColumnKind.MONEY, ColumnKind.JSON])
"""Kinds whose values are not JSON as they are."""


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """A column. `maximum` is the largest value of an integer; `references` is the table whose id it holds."""

    name: str
    kind: ColumnKind
    is_nullable: bool
    default: Any = None
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    minimum: Decimal | None = None
    is_minimum_allowed: bool = True
    maximum: int | None = None
    references: str | None = None

    @property
    def is_sortable(self) -> bool:
        """Whether rows can be sorted by it."""
        if self.kind is ColumnKind.TEXT:
            return self.max_length is not None and self.max_length <= MAX_SORTABLE
        return self.kind is not ColumnKind.JSON


@dataclass(frozen=True)
class TableSchema:
    """A table. `key` are the columns of its primary key; `unique_keys` are in the order of their columns.

    `converted` are the columns whose values JSON shows in another form.
    """

    name: str
    columns: Mapping[str, ColumnSchema]
    key: tuple[str, ...]
    unique_keys: tuple[tuple[str, ...], ...] = ()
    converted: tuple[ColumnSchema, ...] = ()

    @property
    def has_id(self) -> bool:
        """Whether its key is the column `id`; else its rows join two tables."""
        return self.key == ("id",)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """The value of each column in a new row that does not set it."""
        return {name: column.default for name, column in self.columns.items()}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The columns that a new row must set."""
        return tuple(
            name
            for name, column in self.columns.items()
            if not column.is_nullable
            and column.default is None
            and name not in TECHNICAL
            and not (name == "id" and self.has_id)
        )

    def is_read_only(self, column: str) -> bool:
        """Return whether callers cannot set a column."""
        return column in TECHNICAL or column in _COMPUTED.get(self.name, ()) or self.name in READ_ONLY_TABLES

    @property
    def money_columns(self) -> tuple[str, ...]:
        """The columns that hold amounts of money."""
        return tuple(name for name, column in self.columns.items() if column.kind is ColumnKind.MONEY)
