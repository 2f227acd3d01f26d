"""What a server must offer to hold a store's tables.

Versions: PostgreSQL 13, MySQL 8.0.16 (the first with CHECK constraints) or MariaDB 10.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.table_marks import TableMark

_OLDEST_POSTGRESQL = (13,)
_OLDEST_MYSQL = (8, 0, 16)
_OLDEST_MARIADB = (10, 6)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a login sees of its server. `schema_mark` is the mark of an existing schema, if it has one."""

    version: str
    is_mariadb: bool
    schema_exists: bool
    schema_mark: TableMark | None
    may_create_schema: bool
    may_create_tables: bool
    may_create_login: bool


def is_version_supported(dialect: Dialect, facts: ServerFacts) -> bool:
    """Return whether the server's version is recent enough. A version without a number is not."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", facts.version)[:3])
    if dialect is Dialect.POSTGRESQL:
        return numbers >= _OLDEST_POSTGRESQL
    return numbers >= (_OLDEST_MARIADB if facts.is_mariadb else _OLDEST_MYSQL)


def has_privileges(facts: ServerFacts) -> bool:
    """Return whether the login may create the store's tables, and the schema if it is missing."""
    return facts.may_create_tables if facts.schema_exists else facts.may_create_schema
