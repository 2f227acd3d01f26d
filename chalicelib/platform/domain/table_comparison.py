"""Comparison of a table that exists in a store's database with the table that the data API needs.

An extra column is accepted if rows can be inserted without it. Wider types and extra indexes are accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What a column's type holds, whichever server has it."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIME = "time"
    DATE = "date"
    UUID = "uuid"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column. `size`: characters of a text, bits of an integer, digits of a decimal; None: no limit.

    `scale`: digits after the point of a decimal, or of a second.
    """

    family: Family
    size: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        sizes = [str(each) for each in (self.size, self.scale) if each is not None]
        return f"{self.family}({','.join(sizes)})" if sizes else str(self.family)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `is_required`: NOT NULL without a default, so that an INSERT must name it."""

    name: str
    type: ColumnType
    is_nullable: bool
    is_required: bool


@dataclass(frozen=True, slots=True)
class TableShape:
    """What matters of a table: columns, primary key, unique keys and foreign keys.

    The columns of a unique key are sorted. `foreign_keys` maps the columns of a key to the table that it refers to.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    unique_keys: frozenset[tuple[str, ...]]
    foreign_keys: Mapping[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that keeps a table from being used. `column` lists several with commas."""

    table: str
    column: str
    problem: str
    expected: str = ""
    present: str = ""


def compare_table(expected: TableShape, present: TableShape) -> list[Difference]:
    """Return every difference that keeps `present` from being used as `expected`; none: the table can be adopted."""
    columns = {column.name: column for column in present.columns}
    differences = [
        difference
        for column in expected.columns
        for difference in _compare_column(expected.name, column, columns.get(column.name))
    ]
    known = {column.name for column in expected.columns}
    differences += [
        Difference(expected.name, column.name, "required_column", present=str(column.type))
        for column in present.columns
        if column.name not in known and column.is_required
    ]
    return [*differences, *_compare_keys(expected, present)]


def _compare_column(table: str, expected: Column, present: Column | None) -> Iterator[Difference]:
    if present is None:
        yield Difference(table, expected.name, "missing_column", str(expected.type))
        return
    if present.type.family is not expected.type.family:
        yield Difference(table, expected.name, "other_type", str(expected.type), str(present.type))
    elif not _holds(present.type, expected.type):
        yield Difference(table, expected.name, "narrower_type", str(expected.type), str(present.type))
    if expected.is_nullable and not present.is_nullable:
        yield Difference(table, expected.name, "not_null", "null", "not null")


def _holds(present: ColumnType, expected: ColumnType) -> bool:
    """Return whether each value of the expected type fits the present one."""
    if expected.family is Family.DECIMAL:
        if present.size is None:
            return True
        if expected.size is None:
            return False
        whole, scale = present.size - (present.scale or 0), present.scale or 0
        return whole >= expected.size - (expected.scale or 0) and scale >= (expected.scale or 0)
    if expected.family is Family.TIME:
        return (present.scale if present.scale is not None else 6) >= (expected.scale or 0)
    return present.size is None or (expected.size is not None and present.size >= expected.size)


def _compare_keys(expected: TableShape, present: TableShape) -> Iterator[Difference]:
    name = expected.name
    if present.primary_key != expected.primary_key:
        yield Difference(name, ",".join(expected.primary_key), "primary_key", present=",".join(present.primary_key))
    for key in sorted(expected.unique_keys - present.unique_keys - {tuple(sorted(present.primary_key))}):
        yield Difference(name, ",".join(key), "missing_unique_key")
    for columns, target in sorted(expected.foreign_keys.items()):
        found = present.foreign_keys.get(columns)
        if found != target:
            yield Difference(name, ",".join(columns), "missing_foreign_key", target, found or "")
