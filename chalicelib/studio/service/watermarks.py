"""The mark on a shop's previews."""

from __future__ import annotations

import base64
from datetime import datetime

from chalicelib.integrations import image_process, images, storage
from chalicelib.kit import clock
from chalicelib.studio import guard
from chalicelib.studio.errors import ChangedMeanwhile, StorageExceeded, WatermarkMissing
from chalicelib.studio.image_header import probe
from chalicelib.studio.models import Watermark
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.merchant import (
    WatermarkPreviewCreate,
    WatermarkPreviewRead,
    WatermarkPut,
    WatermarkRead,
)
from chalicelib.studio.service import pictures, watermark_sample

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
    sent = {
        field: base64.b64decode(content)
        for field, content in (("body.image", asked.image), ("body.photo", asked.photo))
        if content is not None
    }
    for field, data in sent.items():
        pictures.check_header(data, field)
    mark = sent.get("body.image") or _stored_picture(shop)
    settings = {
        "opacity": float(asked.opacity),
        "position": asked.position.value,
        "size_percentage": float(asked.size_percentage),
    }
    try:
        made = image_process.run(
            watermark_sample.render, [sent.get("body.photo", b""), mark], settings, image_process.REQUEST
        )
    except images.UnreadableImage as error:
        if not isinstance(error, image_process.DecodingTooCostly):
            for field, data in sent.items():
                pictures.check(data, field)
        raise pictures.refusal(pictures.decoder_reason(error), list(sent)) from error
    return WatermarkPreviewRead(preview=base64.b64encode(made).decode())


def _stored_picture(shop: str) -> bytes:
    """The picture of the shop's watermark. Raises WatermarkMissing, and InvalidImage if it is from an earlier guard."""
    row = catalogue.find_watermark(shop)
    if row is None:
        raise WatermarkMissing("Send its picture first, as `image`.")
    data = storage.get(row.image_url)
    reason = guard.judge(probe(data))
    if reason is not None:
        raise pictures.refusal(reason, [])
    return data


def _shown(row: Watermark) -> WatermarkRead:
    return WatermarkRead(
        image_url=storage.presigned_get(row.image_url, seconds=LINK_SECONDS),
        opacity=row.opacity,
        position=row.position,
        size_percentage=row.size_percentage,
        is_active=row.is_active,
        updated_at=row.updated_at,
    )
