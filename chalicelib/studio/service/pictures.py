"""Pictures that merchants send: looked at by the same guard as shoppers' photos, then stored."""

from __future__ import annotations

import base64

from chalicelib.integrations import images, storage
from chalicelib.kit import config, ids
from chalicelib.studio import guard
from chalicelib.studio.errors import InvalidImage
from chalicelib.studio.image_header import probe


def check(data: bytes, field: str) -> str:
    """The content type of a picture that may be used. Raises InvalidImage, naming the field."""
    header = probe(data)
    reason = guard.judge(header)
    try:
        if reason is None:
            images.check_decodes(data)
    except images.UnreadableImage:
        reason = guard.RejectReason.UNREADABLE
    if reason is not None:
        detail = guard.DETAIL[reason]
        raise InvalidImage(f"{field}: {detail}", errors=[{"path": field, "message": detail}])
    return f"image/{header.format}".lower()


def store(folder: str, shop: str, image: str) -> tuple[str, int]:
    """Put a picture, given as base64, into the shop's part of a folder once it is looked at: its address and bytes.

    Raises InvalidImage.
    """
    data = base64.b64decode(image)
    content_type = check(data, "body.image")
    url = storage.address(config.settings().images_bucket, f"{folder}/{shop}/{ids.new()}")
    storage.put(url, data, content_type)
    return url, len(data)
