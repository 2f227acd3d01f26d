"""Rendering of Alembic revisions as SQL, by `make generate`: functions run the SQL and need no Alembic."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import partial
from io import StringIO
from types import ModuleType

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import mysql, postgresql

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.store_database.revisions import BASELINE, END, REVISIONS, file_name
from chalicelib.platform.store_database.schema_changes import read_change
from infra.migrations.schema import SCHEMA

FOLDER = "chalicelib/platform/store_database/revisions"
_DIALECTS = {Dialect.POSTGRESQL: postgresql.dialect, Dialect.MYSQL: mysql.dialect}
_QUOTED_SCHEMA = re.compile(f'"{SCHEMA}"|`{SCHEMA}`')


def files() -> dict[str, Callable[[], str]]:
    """Return the generated files: path and rendering. The baseline is a released file, and not rendered."""
    return {
        f"{FOLDER}/{file_name(revision, dialect)}": partial(render, revision, dialect)
        for revision in REVISIONS
        if revision != BASELINE
        for dialect in Dialect
    }


def render(revision: str, dialect: Dialect) -> str:
    """Return a revision's SQL. Raises ValueError for a statement of MySQL that an interrupted run could not judge."""
    output = StringIO()
    context = MigrationContext.configure(dialect=_DIALECTS[dialect](), opts={"as_sql": True, "output_buffer": output})
    with Operations.context(context):
        _module(revision).upgrade()
    text = _QUOTED_SCHEMA.sub(SCHEMA, output.getvalue())
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    statements = [statement.strip() for statement in text.split(END) if statement.strip()]
    if dialect is Dialect.MYSQL:
        for statement in statements:
            read_change(statement)
    return "\n".join(f"{statement}{END}" for statement in statements)


def _module(revision: str) -> ModuleType:
    """Return the module of a revision. Raises ValueError if it does not follow the one before."""
    module = importlib.import_module(f"infra.migrations.versions.r{revision}")
    if module.down_revision != REVISIONS[REVISIONS.index(revision) - 1]:
        raise ValueError(f"revision {revision} is out of order")
    return module
