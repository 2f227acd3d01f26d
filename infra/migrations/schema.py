"""The schema's placeholder in rendered revisions, and the dialect that is rendered."""

from __future__ import annotations

from alembic import op

SCHEMA = "{schema}"


def is_postgresql() -> bool:
    """Return whether the revision is rendered for PostgreSQL. MySQL knows no `IF NOT EXISTS` of an index or column."""
    return op.get_context().dialect.name == "postgresql"
