"""Checks of images from outside: shoppers' photos, merchants' images and results of an image provider."""

from __future__ import annotations

import base64

from chalicelib.integrations import storage
from chalicelib.integrations.images import decoder_process, renditions
from chalicelib.kit import config, ids, logs
from chalicelib.kit.child_process import Limits
from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_header import Probe, probe
from chalicelib.studio.domain.image_validation import RejectReason
from chalicelib.studio.errors import InvalidImage
from chalicelib.studio.metrics import DECODER_CRASHES

log = logs.logger("studio")


def inspect_image(header: Probe, data: bytes, limits: Limits) -> RejectReason | None:
    """Return the first rule that an image breaks, by its header, then by decoding it in a child process; or None."""
    reason = image_validation.rejection_reason(header)
    if reason is not None:
        return reason
    try:
        decoder_process.check(data, limits)
    except renditions.UnreadableImage as error:
        return decoder_rejection_reason(error)
    return None


def decoder_rejection_reason(error: renditions.UnreadableImage) -> RejectReason:
    """Return the reason for an error of `decoder_process`; log and count a crash of the decoder."""
    if isinstance(error, decoder_process.DecodingTooCostly):
        return RejectReason.TOO_COSTLY
    if isinstance(error, decoder_process.DecoderCrashed):
        DECODER_CRASHES.count()
        log.error("image rejected: the decoder crashed", extra={"end": str(error)})
        return RejectReason.DECODER_FAILED
    return RejectReason.UNREADABLE


def check_image(data: bytes, field: str) -> str:
    """Return the content type of a valid image. Raises InvalidImage, naming the field, if it breaks a rule."""
    header = probe(data)
    reason = inspect_image(header, data, decoder_process.REQUEST)
    if reason is not None:
        raise invalid_image(reason, [field])
    return f"image/{header.format}".lower()


def check_image_header(data: bytes, field: str) -> None:
    """Apply the rules that need no decoder. Raises InvalidImage, naming the field, if one is broken."""
    reason = image_validation.rejection_reason(probe(data))
    if reason is not None:
        raise invalid_image(reason, [field])


def invalid_image(reason: RejectReason, fields: list[str]) -> InvalidImage:
    """Return the problem that names each field that may be the cause."""
    detail = image_validation.DETAIL[reason]
    errors = [{"path": field, "message": detail} for field in fields]
    return InvalidImage(f"{', '.join(fields)}: {detail}" if fields else detail, errors=errors)


def store_image(folder: str, shop: str, image: str) -> tuple[str, int]:
    """Check a base64 image and store it in the shop's part of a folder; return its URL and size in bytes.

    Raises InvalidImage if it breaks a rule.
    """
    data = base64.b64decode(image)
    content_type = check_image(data, "body.image")
    url = storage.address(config.settings().images_bucket, f"{folder}/{shop}/{ids.new()}")
    storage.put(url, data, content_type)
    return url, len(data)
