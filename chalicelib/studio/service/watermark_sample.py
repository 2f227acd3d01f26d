"""The live preview of a watermark, as it is made in a child process: bytes and plain values in, bytes out."""

from __future__ import annotations

from functools import partial

from chalicelib.integrations import images, sample_photo
from chalicelib.studio import watermark
from chalicelib.studio.print import PREVIEW_LONG_SIDE


def render(photo: bytes, mark: bytes, *, opacity: float, position: str, size_percentage: float) -> bytes:
    """Return a JPEG of `photo`, or of our sample if it is empty, under `mark` (both encoded).

    Raises images.UnreadableImage.
    """
    place = partial(watermark.place, position=watermark.Position(position), size_percentage=size_percentage)
    return images.preview(
        photo or sample_photo.encoded(), long_side=PREVIEW_LONG_SIDE, mark=images.Mark(mark, opacity, place)
    )
