"""The revisions of the stores' tables: SQL by revision and dialect, which functions run without Alembic.

Revision 0001 creates the tables and never changes. `make generate` renders the later ones from `infra/migrations`.
In the files `{schema}` stands for the quoted schema, and each statement ends with a semicolon at the end of its line.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.store_database.schema_changes import SchemaChange, read_change

BASELINE = "0001"
REVISIONS = (BASELINE, "0002", "0003", "0004")
HEAD = REVISIONS[-1]
END = ";\n"

_FOLDER = Path(__file__).parent
_TABLE = re.compile(r"(?:CREATE TABLE|ON) \{schema\}\.(\w+) ")
_MARK = re.compile(r"backroom:[0-9a-f-]{36}:[0-9a-f-]{36}")


class RevisionUnknown(LookupError):
    """A store's database has a revision that this version does not know."""


def mark(store_id: str, job_id: str) -> str:
    """Return the comment of a table that a job created for a store."""
    return f"backroom:{store_id}:{job_id}"


def pending(current: str) -> tuple[str, ...]:
    """Return the revisions after `current`. Raises RevisionUnknown."""
    if current not in REVISIONS:
        raise RevisionUnknown(current)
    return REVISIONS[REVISIONS.index(current) + 1 :]


def statements(revision: str, dialect: Dialect, schema: str, table_mark: str | None = None) -> tuple[str, ...]:
    """Return the statements of a revision, in order. The tables that it creates get the mark, if there is one."""
    name = quoted(schema, dialect)
    own: list[str] = list(_templates(revision, dialect))
    if table_mark is not None:
        own = [each for statement in own for each in _marked_table(statement, dialect, table_mark)]
    return tuple(statement.replace("{schema}", name) for statement in own)


def changes(revision: str, dialect: Dialect) -> tuple[SchemaChange, ...]:
    """Return what each statement of a revision adds, in order."""
    return tuple(map(read_change, _templates(revision, dialect)))


def table_statements(table: str, dialect: Dialect, schema: str, table_mark: str) -> tuple[str, ...]:
    """Return the statements that create one table at BASELINE with its mark: one in MySQL, one transaction in PostgreSQL.

    Raises ValueError if `table_mark` is not of `mark`.
    """
    name = quoted(schema, dialect)
    own = [statement for statement in _templates(BASELINE, dialect) if _table_of(statement) == table]
    return tuple(
        statement.replace("{schema}", name) for statement in _marked(own, dialect, f"{{schema}}.{table}", table_mark)
    )


def version_table_statements(dialect: Dialect, schema: str, table_mark: str | None) -> tuple[str, ...]:
    """Return the statements that create `alembic_version`, with a mark if there is one."""
    table = f"{quoted(schema, dialect)}.alembic_version"
    create = [f"CREATE TABLE IF NOT EXISTS {table} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"]
    return tuple(create if table_mark is None else _marked(create, dialect, table, table_mark))


def _marked_table(statement: str, dialect: Dialect, table_mark: str) -> list[str]:
    """Return the statement; if it creates a table, with the table's mark."""
    if not statement.startswith("CREATE TABLE "):
        return [statement]
    return _marked([statement], dialect, f"{{schema}}.{_table_of(statement)}", table_mark)


def _marked(statements_of_table: list[str], dialect: Dialect, table: str, table_mark: str) -> list[str]:
    """Return the statements that create a table, with its mark. Raises ValueError if it is not of `mark`."""
    if not _MARK.fullmatch(table_mark):
        raise ValueError("not a mark")
    if dialect is Dialect.POSTGRESQL:
        return [*statements_of_table, f"COMMENT ON TABLE {table} IS '{table_mark}'"]
    return [f"{statement} COMMENT='{table_mark}'" for statement in statements_of_table]


def file_name(revision: str, dialect: Dialect) -> str:
    """Return the name of a revision's file."""
    return f"{revision}.{dialect.value}.sql"


@cache
def _templates(revision: str, dialect: Dialect) -> tuple[str, ...]:
    text = (_FOLDER / file_name(revision, dialect)).read_text()
    return tuple(statement.strip() for statement in text.split(END) if statement.strip())


def _table_of(statement: str) -> str | None:
    match = _TABLE.search(statement)
    return match.group(1) if match else None
