"""The mark on a shop's previews."""

from __future__ import annotations

import base64

from chalicelib.integrations import images, storage
from chalicelib.kit import clock, config, ids
from chalicelib.studio import guard
from chalicelib.studio.errors import InvalidImage, WatermarkMissing
from chalicelib.studio.image_header import probe
from chalicelib.studio.models import Watermark
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.merchant import WatermarkPut, WatermarkRead

LINK_SECONDS = 300


def read(shop: str) -> WatermarkRead:
    """The settings, with a link to the picture. Raises WatermarkMissing."""
    row = catalogue.find_watermark(shop)
    if row is None:
        raise WatermarkMissing
    return _shown(row)


def put(shop: str, asked: WatermarkPut) -> WatermarkRead:
    """Set the mark; without a picture the present one stays. Raises WatermarkMissing, InvalidImage."""
    present = catalogue.find_watermark(shop)
    now = clock.now()
    if asked.image is not None:
        url = _store(shop, base64.b64decode(asked.image))
    elif present is not None:
        url = present.image_url
    else:
        raise WatermarkMissing("Send its picture first, as `image`.")
    row = Watermark(
        shop_id=shop,
        image_url=url,
        created_at=present.created_at if present else now,
        updated_at=now,
        **asked.model_dump(exclude={"image"}),
    )
    catalogue.save_watermark(row)
    if present is not None and present.image_url != url:
        storage.delete(present.image_url)
    return _shown(row)


def _store(shop: str, data: bytes) -> str:
    header = probe(data)
    reason = guard.judge(header)
    try:
        if reason is None:
            images.check_decodes(data)
    except images.UnreadableImage:
        reason = guard.RejectReason.UNREADABLE
    if reason is not None:
        detail = guard.DETAIL[reason]
        raise InvalidImage(f"body.image: {detail}", errors=[{"path": "body.image", "message": detail}])
    url = storage.address(config.settings().images_bucket, f"watermarks/{shop}/{ids.new()}")
    storage.put(url, data, f"image/{header.format}".lower())
    return url


def _shown(row: Watermark) -> WatermarkRead:
    return WatermarkRead(
        image_url=storage.presigned_get(row.image_url, seconds=LINK_SECONDS),
        opacity=row.opacity,
        position=row.position,
        size_percentage=row.size_percentage,
        is_active=row.is_active,
        updated_at=row.updated_at,
    )
