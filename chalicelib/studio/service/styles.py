"""Styles of a shop, and the picture that shows what each makes."""

from __future__ import annotations

from datetime import datetime

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.studio.errors import ChangedMeanwhile, StorageExceeded, StyleNotFound
from chalicelib.studio.models import AiStyle
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.catalogue import StyleCreate, StyleRead, StyleUpdate
from chalicelib.studio.service import merchant_images


def add_style(shop: str, asked: StyleCreate, key: Idempotency | None) -> StyleRead:
    now = clock.now()
    row = AiStyle(uuid=ids.new(), shop_id=shop, created_at=now, updated_at=now, **asked.model_dump())
    answer = shown(row)
    catalogue.add(row, key, answer)
    return answer


def list_styles(shop: str) -> list[AiStyle]:
    return catalogue.list_styles(shop)


def get_style(shop: str, style: str) -> AiStyle:
    return catalogue.get_style(shop, style)


def change_style(shop: str, style: str, asked: StyleUpdate, version: datetime | None) -> AiStyle:
    """Set what is given; the rest, and how often the style was used, stays."""
    row = AiStyle(shop, style)
    if not catalogue.change(row, asked.model_dump(exclude_unset=True), version):
        raise StyleNotFound
    return row


def remove_style(shop: str, style: str) -> None:
    """Softly: generations that used it keep their history, and a change may bring it back."""
    if not catalogue.change(AiStyle(shop, style), {"is_active": False}):
        raise StyleNotFound


def put_example(shop: str, style: str, image: str) -> AiStyle:
    """Show what the style makes; the picture of before is deleted. Raises StyleNotFound, InvalidImage,
    ChangedMeanwhile, StorageExceeded.
    """
    row = catalogue.get_style(shop, style)
    before = row.example_image_url
    url, byte_count = merchant_images.store("examples", shop, image)
    try:
        catalogue.save_example(row, url, byte_count)
    except (ChangedMeanwhile, StorageExceeded):
        storage.delete(url)
        raise
    if before:
        storage.delete(before)
    return row


def most_used(shop: str, count: int) -> list[AiStyle]:
    """The styles with most previews first, also those that are not offered any more."""
    used = [style for style in catalogue.list_styles(shop, with_removed=True) if style.usage_count]
    return sorted(used, key=lambda style: (-style.usage_count, style.created_at, style.uuid))[:count]


def shown(row: AiStyle) -> StyleRead:
    """A style as the merchant sees it."""
    columns = {name: getattr(row, name) for name in StyleRead.model_fields if name != "has_example"}
    return StyleRead(**columns, has_example=row.example_image_url is not None)
