"""What a login must be allowed to do on its server to hold a store's tables."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.platform.domain.table_marks import TableMark


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a login sees of its server. `schema_mark` is the mark of an existing schema, if it has one."""

    version: str
    schema_exists: bool
    schema_mark: TableMark | None
    may_create_schema: bool
    may_create_tables: bool
    may_create_login: bool


def has_privileges(facts: ServerFacts) -> bool:
    """Return whether the login may create the store's tables, and the schema if it is missing."""
    return facts.may_create_tables if facts.schema_exists else facts.may_create_schema
