"""Strangers' pictures: one guard for shoppers' photos, merchants' pictures and what an image provider returns."""

from __future__ import annotations

import base64

from chalicelib.integrations import image_process, images, storage
from chalicelib.kit import config, ids, logs, metrics
from chalicelib.kit.child_process import Limits
from chalicelib.studio import guard
from chalicelib.studio.errors import InvalidImage
from chalicelib.studio.guard import RejectReason
from chalicelib.studio.image_header import Probe, probe

log = logs.logger("studio")


def rejection_reason(header: Probe, data: bytes, limits: Limits) -> RejectReason | None:
    """Return the first rule that a picture breaks, by its header, then by decoding it in a child process."""
    reason = guard.judge(header)
    if reason is not None:
        return reason
    try:
        image_process.check(data, limits)
    except images.UnreadableImage as error:
        return decoder_reason(error)
    return None


def decoder_reason(error: images.UnreadableImage) -> RejectReason:
    """Return the reason for an error of `image_process`; a crash of the decoder is logged and counted."""
    if isinstance(error, image_process.DecodingTooCostly):
        return RejectReason.TOO_COSTLY
    if isinstance(error, image_process.DecoderCrashed):
        metrics.count("DecoderCrashes")
        log.error("picture rejected: the decoder crashed", extra={"end": str(error)})
        return RejectReason.DECODER_FAILED
    return RejectReason.UNREADABLE


def check(data: bytes, field: str) -> str:
    """Return the content type of a picture that may be used. Raises InvalidImage, naming the field."""
    header = probe(data)
    reason = rejection_reason(header, data, image_process.REQUEST)
    if reason is not None:
        raise refusal(reason, [field])
    return f"image/{header.format}".lower()


def check_header(data: bytes, field: str) -> None:
    """Apply the rules that need no decoder. Raises InvalidImage, naming the field."""
    reason = guard.judge(probe(data))
    if reason is not None:
        raise refusal(reason, [field])


def refusal(reason: RejectReason, fields: list[str]) -> InvalidImage:
    """Return the problem that names each field which may be at fault."""
    detail = guard.DETAIL[reason]
    errors = [{"path": field, "message": detail} for field in fields]
    return InvalidImage(f"{', '.join(fields)}: {detail}" if fields else detail, errors=errors)


def store(folder: str, shop: str, image: str) -> tuple[str, int]:
    """Put a picture, given as base64, into the shop's part of a folder once it is looked at: its address and bytes.

    Raises InvalidImage.
    """
    data = base64.b64decode(image)
    content_type = check(data, "body.image")
    url = storage.address(config.settings().images_bucket, f"{folder}/{shop}/{ids.new()}")
    storage.put(url, data, content_type)
    return url, len(data)
