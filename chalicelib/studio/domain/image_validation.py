"""Rules for uploaded images, checked on the header alone, before any pixel takes memory."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.studio.domain.image_header import Format, Probe

MAX_BYTES = 25_000_000
MAX_JPEG_PIXELS = 60_000_000
MAX_JPEG_SIDE = 12_000
MAX_OTHER_PIXELS = 25_000_000
"""PNG and WebP decode at full size only; a JPEG may be decoded at an eighth."""
MAX_SCANS = 100
"""A progressive photo has about ten; thousands of empty scans keep a decoder busy for minutes."""


class RejectReason(StrEnum):
    TOO_MANY_BYTES = "too_many_bytes"
    UNSUPPORTED_FORMAT = "unsupported_format"
    HEIC = "heic"
    UNSUPPORTED_JPEG = "unsupported_jpeg"
    UNREADABLE = "unreadable"
    ANIMATED = "animated"
    TOO_MANY_PIXELS = "too_many_pixels"
    SIDE_TOO_LONG = "side_too_long"
    TOO_MANY_SCANS = "too_many_scans"
    DECODER_FAILED = "decoder_failed"
    """The decoder crashed on the image."""
    TOO_COSTLY = "too_costly"
    """Decoding exceeds the limits of time or memory."""
    STORAGE_FULL = "storage_full"
    """The image is valid, but the shop's storage is full."""


DETAIL = {
    RejectReason.TOO_MANY_BYTES: "The file is larger than 25 MB.",
    RejectReason.UNSUPPORTED_FORMAT: "The file is not a JPEG, PNG or WebP picture.",
    RejectReason.HEIC: "The picture is HEIC: save it as JPEG.",
    RejectReason.UNSUPPORTED_JPEG: (
        "The picture is a lossless, hierarchical, arithmetic or 12-bit JPEG; save it as a standard JPEG."
    ),
    RejectReason.UNREADABLE: "The picture is damaged or incomplete.",
    RejectReason.ANIMATED: "The picture is animated; one still picture is needed.",
    RejectReason.TOO_MANY_PIXELS: "The picture has too many pixels: 60 megapixels for a JPEG, 25 for a PNG or WebP.",
    RejectReason.SIDE_TOO_LONG: "The picture is longer than 12,000 pixels on one side.",
    RejectReason.TOO_MANY_SCANS: "The picture is encoded in a way that takes too long to read.",
    RejectReason.DECODER_FAILED: "The picture cannot be decoded; save it in another program and try again.",
    RejectReason.TOO_COSTLY: "The picture takes too much time or memory to read.",
    RejectReason.STORAGE_FULL: "The shop's storage is full.",
}
"""One sentence per reason, for the shopper."""


def rejection_reason(probe: Probe) -> RejectReason | None:
    """Return the first rule that `probe` breaks, or None. An image that passes may still be damaged further in."""
    if probe.byte_count > MAX_BYTES:
        return RejectReason.TOO_MANY_BYTES
    if probe.format is Format.HEIC:
        return RejectReason.HEIC
    if probe.format is None:
        return RejectReason.UNSUPPORTED_FORMAT
    if not probe.is_standard:
        return RejectReason.UNSUPPORTED_JPEG
    if probe.width < 1 or probe.height < 1:
        return RejectReason.UNREADABLE
    if probe.frames > 1:
        return RejectReason.ANIMATED
    pixels = probe.width * probe.height
    if pixels > (MAX_JPEG_PIXELS if probe.format is Format.JPEG else MAX_OTHER_PIXELS):
        return RejectReason.TOO_MANY_PIXELS
    if probe.format is Format.JPEG and max(probe.width, probe.height) > MAX_JPEG_SIDE:
        return RejectReason.SIDE_TOO_LONG
    if probe.scans > MAX_SCANS:
        return RejectReason.TOO_MANY_SCANS
    return None
