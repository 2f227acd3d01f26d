"""Index the columns that refer to other tables: deletions and lists of a customer's orders look rows up by them.

MySQL indexes these by itself, under the constraint's name; the explicit index replaces that one.
"""

from __future__ import annotations

from alembic import op

from infra.migrations.schema import SCHEMA, is_postgresql

revision = "0002"
down_revision = "0001"

_REFERENCES = (
    ("categories", "parent_id"),
    ("products", "featured_image_id"),
    ("product_categories", "category_id"),
    ("product_attribute_values", "attribute_id"),
    ("orders", "customer_id"),
    ("orders", "discount_id"),
    ("order_items", "product_id"),
)


def upgrade() -> None:
    """Add an index for each reference."""
    for table, column in _REFERENCES:
        op.create_index(
            f"ix_{table}_{column}", table, [column], schema=SCHEMA, if_not_exists=True if is_postgresql() else None
        )
