"""The mark on a shop's previews."""

from __future__ import annotations

import base64
from datetime import datetime
from functools import partial

from chalicelib.integrations import images, sample_photo, storage
from chalicelib.kit import clock
from chalicelib.studio import watermark
from chalicelib.studio.errors import ChangedMeanwhile, StorageExceeded, WatermarkMissing
from chalicelib.studio.models import Watermark
from chalicelib.studio.print import PREVIEW_LONG_SIDE
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.merchant import (
    WatermarkPreviewCreate,
    WatermarkPreviewRead,
    WatermarkPut,
    WatermarkRead,
)
from chalicelib.studio.service import pictures

LINK_SECONDS = 300


def read(shop: str) -> WatermarkRead:
    """The settings, with a link to the picture. Raises WatermarkMissing."""
    row = catalogue.find_watermark(shop)
    if row is None:
        raise WatermarkMissing
    return _shown(row)


def put(shop: str, asked: WatermarkPut, version: datetime | None) -> WatermarkRead:
    """Set the mark; without a picture the present one stays. The picture of before is deleted.

    Raises WatermarkMissing, InvalidImage, StorageExceeded; ChangedMeanwhile where it is not of `version` any more, or
    where another change was faster: one picture is in use at any time, and none lies about.
    """
    present = catalogue.find_watermark(shop)
    if version is not None and (present is None or present.updated_at != version):
        raise ChangedMeanwhile
    now = clock.now()
    byte_count: int | None
    if asked.image is not None:
        url, byte_count = pictures.store("watermarks", shop, asked.image)
    elif present is not None:
        url, byte_count = present.image_url, present.byte_count
    else:
        raise WatermarkMissing("Send its picture first, as `image`.")
    row = Watermark(
        shop_id=shop,
        image_url=url,
        byte_count=byte_count,
        created_at=present.created_at if present else now,
        updated_at=now,
        **asked.model_dump(exclude={"image"}),
    )
    try:
        catalogue.save_watermark(row, present)
    except (ChangedMeanwhile, StorageExceeded):
        if asked.image is not None:
            storage.delete(url)
        raise
    if present is not None and present.image_url != url:
        storage.delete(present.image_url)
    return _shown(row)


def preview(shop: str, asked: WatermarkPreviewCreate) -> WatermarkPreviewRead:
    """A preview with these settings, which are not kept, made as real ones are.

    Raises InvalidImage; WatermarkMissing where no picture is sent and the shop has none.
    """
    mark = images.Mark(
        _picture(shop, asked.image),
        float(asked.opacity),
        partial(watermark.place, position=asked.position, size_percentage=asked.size_percentage),
    )
    photo = sample_photo.encoded() if asked.photo is None else base64.b64decode(asked.photo)
    if asked.photo is not None:
        pictures.check(photo, "body.photo")
    made = images.preview(photo, long_side=PREVIEW_LONG_SIDE, mark=mark)
    return WatermarkPreviewRead(preview=base64.b64encode(made).decode())


def _picture(shop: str, image: str | None) -> bytes:
    if image is not None:
        data = base64.b64decode(image)
        pictures.check(data, "body.image")
        return data
    row = catalogue.find_watermark(shop)
    if row is None:
        raise WatermarkMissing("Send its picture first, as `image`.")
    return storage.get(row.image_url)


def _shown(row: Watermark) -> WatermarkRead:
    return WatermarkRead(
        image_url=storage.presigned_get(row.image_url, seconds=LINK_SECONDS),
        opacity=row.opacity,
        position=row.position,
        size_percentage=row.size_percentage,
        is_active=row.is_active,
        updated_at=row.updated_at,
    )
