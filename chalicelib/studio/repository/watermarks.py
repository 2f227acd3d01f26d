"""The watermark of a shop."""

from __future__ import annotations

from chalicelib.kit.errors import VersionMismatch
from chalicelib.studio.models import Watermark
from chalicelib.studio.repository import quotas, rows


def find_watermark(shop: str) -> Watermark | None:
    """Return the shop's watermark, read consistently, or None."""
    return rows.find_row(Watermark, shop)


def save_watermark(row: Watermark, present: Watermark | None) -> None:
    """Replace the present watermark and count its image's bytes. Raises VersionMismatch, StorageExceeded."""
    unchanged = Watermark.updated_at == present.updated_at if present else Watermark.shop_id.does_not_exist()
    byte_count = (row.byte_count or 0) - (present.byte_count or 0 if present else 0)
    quotas.write_with_bytes(
        row.shop_id,
        byte_count,
        lambda transaction: transaction.put(row, unchanged, VersionMismatch()),
        limited=True,
    )
