"""A print's exact size, and the part of an image that fills it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Size = tuple[int, int]
"""Width and height in pixels."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels of the cropped image."""

MAX_SIDE = 12_000
MAX_PIXELS = 60_000_000
PREVIEW_LONG_SIDE = 1024
PICTURE_LONG_SIDE = 2048
"""The longest side requested of the image model, in pixels. The picture is upscaled to the print's size."""
UPSCALED_LONG_SIDE = 3200
"""The longest side requested of an upscaling model, in pixels. The print is enlarged from it."""


class PrintFormat(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"

    @property
    def extension(self) -> str:
        """The extension of a print file's name, without the dot."""
        return "jpg" if self is PrintFormat.JPEG else "png"


class PrintSizeRefused(ValueError):
    """The size cannot be printed; the message says why."""


@dataclass(frozen=True)
class PrintSize:
    """Pixels of a print. Raises PrintSizeRefused if it would not fit one function's memory."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise PrintSizeRefused(f"{self.width} x {self.height} px: each side needs at least 1 px")
        if max(self.width, self.height) > MAX_SIDE:
            raise PrintSizeRefused(f"{self.width} x {self.height} px: a side is limited to {MAX_SIDE:,} px")
        if self.width * self.height > MAX_PIXELS:
            raise PrintSizeRefused(f"{self.width} x {self.height} px: a print is limited to {MAX_PIXELS:,} px in all")

    @property
    def as_tuple(self) -> Size:
        return self.width, self.height


def cover(source: Size, target: Size) -> Box:
    """Return the largest centered part of `source` with the aspect of `target`; its sides may fall between pixels."""
    width = min(source[0], source[1] * target[0] / target[1])
    height = min(source[1], source[0] * target[1] / target[0])
    left, top = (source[0] - width) / 2, (source[1] - height) / 2
    return left, top, left + width, top + height


def picture_long_side(photo: Size) -> int:
    """Return the long side in pixels to request of the image model: the long side of the cropped photo.

    The result is at least PREVIEW_LONG_SIDE and at most PICTURE_LONG_SIDE.
    """
    return min(PICTURE_LONG_SIDE, max(PREVIEW_LONG_SIDE, *photo))


def upscale_factor(source: Size, target: Size) -> Decimal:
    """Return the scale from `source` to `target`, to two places; below 1 the image is reduced."""
    return Decimal(max(target[0] / source[0], target[1] / source[1])).quantize(Decimal("0.01"))
