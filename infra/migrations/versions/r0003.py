"""Add the technical table of import cursors."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

from chalicelib.platform.store_database.columns import IDENTIFIER, LONG_TEXT, Timestamp
from infra.migrations.schema import SCHEMA

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create `backroom_cursors`."""
    counts = [
        Column(name, Integer, nullable=False)
        for name in ("line_number", "rows_read", "rows_created", "rows_updated", "rows_failed")
    ]
    op.create_table(
        "backroom_cursors",
        Column("id", IDENTIFIER, primary_key=True),
        Column("byte_offset", BigInteger, nullable=False),
        *counts,
        Column("errors", LONG_TEXT),
        Column("updated_at", Timestamp, nullable=False),
        schema=SCHEMA,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
