"""Styles of a shop, and the example image of each."""

from __future__ import annotations

from datetime import datetime

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.idempotency import Idempotency
from chalicelib.studio.errors import StorageExceeded, StyleNotFound
from chalicelib.studio.models import AiStyle
from chalicelib.studio.repository import rows, styles
from chalicelib.studio.schemas.catalogue import StyleCreate, StyleRead, StyleUpdate
from chalicelib.studio.service import merchant_images

LINK_SECONDS = 300


def add_style(shop: str, body: StyleCreate, key: Idempotency | None) -> StyleRead:
    """Create a style."""
    now = clock.now()
    row = AiStyle(uuid=ids.new(), shop_id=shop, created_at=now, updated_at=now, **body.model_dump())
    answer = to_style_read(row)
    rows.add(row, key, answer)
    return answer


def list_styles(shop: str) -> list[AiStyle]:
    """Return the shop's active styles in their order."""
    return styles.list_styles(shop)


def get_style(shop: str, style: str) -> AiStyle:
    """Return the shop's style. Raises StyleNotFound."""
    return styles.get_style(shop, style)


def change_style(shop: str, style: str, body: StyleUpdate, version: datetime | None) -> AiStyle:
    """Set the fields in the body; other fields and the usage count stay. Raises StyleNotFound, VersionMismatch."""
    row = AiStyle(shop, style)
    if not rows.update_row(row, body.model_dump(exclude_unset=True), version):
        raise StyleNotFound
    return row


def remove_style(shop: str, style: str) -> None:
    """Deactivate a style; its row stays for past generations, and an update can reactivate it. Raises StyleNotFound."""
    if not rows.update_row(AiStyle(shop, style), {"is_active": False}):
        raise StyleNotFound


def put_example(shop: str, style: str, image: str) -> AiStyle:
    """Store the style's example image and delete the previous one.

    Raises StyleNotFound, InvalidImage, StorageExceeded; VersionMismatch if the style changed since it was read.
    """
    row = styles.get_style(shop, style)
    previous_url = row.example_image_url
    url, byte_count = merchant_images.store_image("examples", shop, image)
    try:
        styles.save_example(row, url, byte_count)
    except (VersionMismatch, StorageExceeded):
        storage.delete(url)
        raise
    if previous_url:
        storage.delete(previous_url)
    return row


def list_most_used_styles(shop: str, count: int) -> list[AiStyle]:
    """Return the styles with the most previews, removed ones too, most used first."""
    used_styles = [style for style in styles.list_styles(shop, with_removed=True) if style.usage_count]
    return sorted(used_styles, key=lambda style: (-style.usage_count, style.created_at, style.uuid))[:count]


def to_style_read(row: AiStyle) -> StyleRead:
    """Return the style as the merchant API shows it."""
    url = row.example_image_url
    columns = {name: getattr(row, name) for name in StyleRead.model_fields if "example" not in name}
    example_url = storage.presigned_get(url, seconds=LINK_SECONDS) if url else None
    return StyleRead(**columns, has_example=url is not None, example_url=example_url)
