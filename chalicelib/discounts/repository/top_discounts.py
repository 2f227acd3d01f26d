"""Titles of the discounts that a dashboard lists."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.discounts.models import Discount
from chalicelib.kit.tables import get_many


def find_titles(shop: str, discount_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Return title and code of the discounts by id, deleted ones too; at most 100 ids."""
    rows = get_many([(Discount, (shop, each)) for each in discount_ids])
    return {row.discount_id: (row.title, row.discount_code) for row in rows if row}
