"""The scale at which libjpeg decodes a JPEG: 1, 1/2, 1/4 or 1/8 of its size, of which Pillow's draft mode makes use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in pixels."""

ENLARGEMENT = 1.2
"""Enlarging by more than this loses more than 1.5 dB against sharp, which reduces from the next larger scale."""
_NEAR = 0.95
"""Share of the wanted long side that a picture has at least to be used as libjpeg made it."""


def choose(whole: Size, wanted: Size, *, is_quick: bool) -> int:
    """Return the divisor of libjpeg's scale: the largest that keeps both wanted sides.

    If `is_quick`, return the next one if the picture then needs an enlargement of at most ENLARGEMENT.
    """
    fitting = max(
        (each for each in (1, 2, 4, 8) if min(a // b for a, b in zip(whole, wanted, strict=True)) >= each), default=1
    )
    smaller = 2 * fitting
    if is_quick and smaller <= min(8, *whole) and max(whole) * ENLARGEMENT >= max(wanted) * smaller:
        return smaller
    return fitting


def reduce(picture: Image, divisor: int) -> tuple[float, float, float, float]:
    """Let libjpeg decode an opened JPEG at 1/`divisor`; return the box that the picture then fills.

    Its last column and row may be partial pixels, which a resize must not stretch.
    """
    width, height = picture.size
    if divisor > 1:
        picture.draft(None, (max(1, width // divisor), max(1, height // divisor)))
    return 0, 0, width / divisor, height / divisor


def is_near(size: Size, wanted: Size) -> bool:
    """Return whether a picture is at most 5 % smaller than wanted, and not larger."""
    return _NEAR * max(wanted) <= max(size) <= max(wanted)
