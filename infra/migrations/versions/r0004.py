"""Index the times by which a store's days are counted: the placement of orders and the creation of customers."""

from __future__ import annotations

from alembic import op

from infra.migrations.schema import SCHEMA, is_postgresql

revision = "0004"
down_revision = "0003"

_TIMES = (("orders", "placed_at"), ("customers", "created_at"))


def upgrade() -> None:
    """Add an index for each time."""
    for table, column in _TIMES:
        op.create_index(
            f"ix_{table}_{column}", table, [column], schema=SCHEMA, if_not_exists=True if is_postgresql() else None
        )
