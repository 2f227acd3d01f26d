"""The live preview of a watermark, rendered in a child process: bytes and plain values in, bytes out."""

from __future__ import annotations

from functools import partial

from chalicelib.integrations.images import renditions, sample_photo
from chalicelib.studio.domain import watermark
from chalicelib.studio.domain.print_size import PREVIEW_LONG_SIDE


def render_sample(photo: bytes, mark: bytes, *, opacity: float, position: str, size_percentage: float) -> bytes:
    """Return a JPEG of `photo`, or of our sample photo if it is empty, with `mark` applied (both encoded images).

    Raises renditions.UnreadableImage if one cannot be decoded.
    """
    place = partial(watermark.place_mark, position=watermark.Position(position), size_percentage=size_percentage)
    return renditions.preview(
        photo or sample_photo.encoded(), long_side=PREVIEW_LONG_SIDE, mark=renditions.Mark(mark, opacity, place)
    )
