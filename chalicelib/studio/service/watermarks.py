"""The watermark on a shop's previews."""

from __future__ import annotations

import base64
from datetime import datetime

from chalicelib.integrations import storage
from chalicelib.integrations.images import decoder_process, renditions
from chalicelib.kit import clock
from chalicelib.kit.errors import VersionMismatch
from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_header import probe
from chalicelib.studio.errors import StorageExceeded, WatermarkNotFound
from chalicelib.studio.models import Watermark
from chalicelib.studio.repository import watermarks
from chalicelib.studio.schemas.merchant import (
    WatermarkPreviewCreate,
    WatermarkPreviewRead,
    WatermarkPut,
    WatermarkRead,
)
from chalicelib.studio.service import merchant_images, watermark_sample

LINK_SECONDS = 300


def get_watermark(shop: str) -> WatermarkRead:
    """Return the shop's watermark with a link to its image. Raises WatermarkNotFound."""
    row = watermarks.find_watermark(shop)
    if row is None:
        raise WatermarkNotFound
    return _to_watermark_read(row)


def put_watermark(shop: str, body: WatermarkPut, version: datetime | None) -> WatermarkRead:
    """Set the watermark; without an image in the body the present image stays. The replaced image is deleted.

    Raises WatermarkNotFound if there is no image to use, InvalidImage, StorageExceeded; VersionMismatch if the watermark
    is not of `version`, or changed concurrently. No unused image stays in the bucket.
    """
    present = watermarks.find_watermark(shop)
    if version is not None and (present is None or present.updated_at != version):
        raise VersionMismatch
    now = clock.now()
    byte_count: int | None
    if body.image is not None:
        url, byte_count = merchant_images.store_image("watermarks", shop, body.image)
    elif present is not None:
        url, byte_count = present.image_url, present.byte_count
    else:
        raise WatermarkNotFound("Send the watermark's image as `image` first.")
    row = Watermark(
        shop_id=shop,
        image_url=url,
        byte_count=byte_count,
        created_at=present.created_at if present else now,
        updated_at=now,
        **body.model_dump(exclude={"image"}),
    )
    try:
        watermarks.save_watermark(row, present)
    except (VersionMismatch, StorageExceeded):
        if body.image is not None:
            storage.delete(url)
        raise
    if present is not None and present.image_url != url:
        storage.delete(present.image_url)
    return _to_watermark_read(row)


def preview_watermark(shop: str, body: WatermarkPreviewCreate) -> WatermarkPreviewRead:
    """Render a preview with these settings as the worker does, without storing them.

    Raises InvalidImage; WatermarkNotFound if the body has no image and the shop has no watermark.
    """
    uploads = {
        field: base64.b64decode(content)
        for field, content in (("body.image", body.image), ("body.photo", body.photo))
        if content is not None
    }
    for field, data in uploads.items():
        merchant_images.check_image_header(data, field)
    mark = uploads.get("body.image") or _load_stored_image(shop)
    settings = {
        "opacity": float(body.opacity),
        "position": body.position.value,
        "size_percentage": float(body.size_percentage),
    }
    try:
        preview = decoder_process.run(
            watermark_sample.render_sample, [uploads.get("body.photo", b""), mark], settings, decoder_process.REQUEST
        )
    except renditions.UnreadableImage as error:
        if not isinstance(error, decoder_process.DecodingTooCostly):
            for field, data in uploads.items():
                merchant_images.check_image(data, field)
        reason = merchant_images.decoder_rejection_reason(error)
        raise merchant_images.invalid_image(reason, list(uploads)) from error
    return WatermarkPreviewRead(preview=base64.b64encode(preview).decode())


def _load_stored_image(shop: str) -> bytes:
    """Return the image of the shop's watermark.

    Raises WatermarkNotFound, and InvalidImage if the image was stored under earlier rules and breaks a present one.
    """
    row = watermarks.find_watermark(shop)
    if row is None:
        raise WatermarkNotFound("Send the watermark's image as `image` first.")
    data = storage.get(row.image_url)
    reason = image_validation.rejection_reason(probe(data))
    if reason is not None:
        raise merchant_images.invalid_image(reason, [])
    return data


def _to_watermark_read(row: Watermark) -> WatermarkRead:
    return WatermarkRead(
        image_url=storage.presigned_get(row.image_url, seconds=LINK_SECONDS),
        opacity=row.opacity,
        position=row.position,
        size_percentage=row.size_percentage,
        is_active=row.is_active,
        updated_at=row.updated_at,
    )
