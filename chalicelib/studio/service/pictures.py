"""Pictures that merchants send: looked at by the same guard as shoppers' photos, then stored."""

from __future__ import annotations

from chalicelib.integrations import images, storage
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


def store(url: str, data: bytes, field: str = "body.image") -> None:
    """Put a picture at `url` once it is looked at. Raises InvalidImage."""
    storage.put(url, data, check(data, field))
