"""Choose the scale at which libjpeg decodes a JPEG: 1, 1/2, 1/4 or 1/8, set by Pillow's draft mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in pixels."""

ENLARGEMENT = 1.2
"""Largest enlargement. A larger one loses over 1.5 dB compared with sharp, which reduces from the next larger scale."""
_NEAR = 0.95
"""Smallest share of the wanted long side at which a picture is used without a resize."""


def choose(whole: Size, wanted: Size, *, is_quick: bool) -> int:
    """Return the divisor of libjpeg's scale: the largest at which no side is smaller than wanted.

    If `is_quick`, returns the next divisor if the picture then needs an enlargement of at most ENLARGEMENT.
    """
    fitting = max(
        (each for each in (1, 2, 4, 8) if min(a // b for a, b in zip(whole, wanted, strict=True)) >= each), default=1
    )
    smaller = 2 * fitting
    if is_quick and smaller <= min(8, *whole) and max(whole) * ENLARGEMENT >= max(wanted) * smaller:
        return smaller
    return fitting


def reduce(picture: Image, divisor: int) -> tuple[float, float, float, float]:
    """Set libjpeg to decode an opened JPEG at 1/`divisor`; return the box in pixels that the picture then fills.

    The last column and row may be partial pixels, which a resize must not stretch.
    """
    width, height = picture.size
    if divisor > 1:
        picture.draft(None, (max(1, width // divisor), max(1, height // divisor)))
    return 0, 0, width / divisor, height / divisor


def is_near(size: Size, wanted: Size) -> bool:
    """Return whether a picture is at most 5 % smaller than wanted, and not larger."""
    return _NEAR * max(wanted) <= max(size) <= max(wanted)
