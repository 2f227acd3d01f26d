"""Styles of a shop. A style of another shop is never found."""

from __future__ import annotations

from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.tables import Transaction, get_many
from chalicelib.studio.errors import StyleNotFound
from chalicelib.studio.models import AiStyle
from chalicelib.studio.repository import quotas, rows
from chalicelib.studio.repository.rows import stamped_actions, version_condition


def get_style(shop: str, style: str) -> AiStyle:
    """Return the shop's style, removed ones too. Raises StyleNotFound."""
    return rows.get_row(AiStyle, StyleNotFound(), shop, style)


def list_styles(shop: str, *, with_removed: bool = False) -> list[AiStyle]:
    """Return the shop's active styles in their order; `with_removed` adds the removed ones."""
    return rows.sort_rows(style for style in AiStyle.query(shop) if style.is_active or with_removed)


def find_styles(shop: str, styles: list[str]) -> list[AiStyle]:
    """Return those of these styles that exist, in this order; one BatchGetItem."""
    return [row for row in get_many([(AiStyle, (shop, style)) for style in styles]) if row is not None]


def save_example(style: AiStyle, url: str, byte_count: int) -> None:
    """Write the style's example image, count its bytes and refresh `style`.

    Raises VersionMismatch if the style changed since it was read, StorageExceeded.
    """
    actions = stamped_actions(AiStyle, {"example_image_url": url, "example_byte_count": byte_count})
    unchanged = version_condition(AiStyle, style.updated_at)

    def stage(transaction: Transaction) -> None:
        transaction.update(AiStyle(style.shop_id, style.uuid), actions, unchanged, VersionMismatch())

    quotas.write_with_bytes(style.shop_id, byte_count - (style.example_byte_count or 0), stage, limited=True)
    style.refresh(consistent_read=True)
