"""What a statement of a revision adds, so that an interrupted run can see whether it was executed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMS = (
    re.compile(r"CREATE (?:UNIQUE )?INDEX (?P<index>\w+) ON \{schema\}\.(?P<table>\w+) "),
    re.compile(r"ALTER TABLE \{schema\}\.(?P<table>\w+) ADD COLUMN (?P<column>\w+) "),
    re.compile(r"CREATE TABLE \{schema\}\.(?P<table>\w+) "),
)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """An added table, or an added index or column of a table."""

    table: str
    index: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class SchemaNames:
    """The names that a schema has: columns and indexes by table."""

    columns: frozenset[tuple[str, str]]
    indexes: frozenset[tuple[str, str]]

    def has(self, change: SchemaChange) -> bool:
        """Return whether the change was made."""
        if change.index:
            return (change.table, change.index) in self.indexes
        if change.column:
            return (change.table, change.column) in self.columns
        return any(table == change.table for table, _ in self.columns)


def read_change(statement: str) -> SchemaChange:
    """Return what a statement of a revision's file adds. Raises ValueError for any other statement."""
    for form in _FORMS:
        if match := form.match(statement):
            return SchemaChange(**match.groupdict())
    raise ValueError("not a statement whose effect can be seen")
