"""Crops: the part of a photo that a shopper chose for a print size, and the resolution of the print.

A crop is in fractions (0 to 1) of the upright photo, so that it applies to a copy of any size.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.studio.domain.print_size import Size, cover

SHAPE_TOLERANCE = 0.02
"""Two shapes count as equal if their aspect ratios differ by at most this share."""
PRINT_DPI = 300
MIN_DPI = 60
"""A preview with a lower resolution is refused."""
GOOD_DPI = 120
"""At a lower resolution the page warns that the print will look soft."""
_ROUNDING = 1e-6
"""Fractions that a page computes from pixels may exceed the photo by this much."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle in fractions of the upright photo's width and height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def fractions(self) -> tuple[float, float, float, float]:
        """Left, top, width and height."""
        return self.left, self.top, self.width, self.height

    @property
    def is_inside(self) -> bool:
        """Whether the rectangle has an area and is within the photo."""
        ends = (self.left + self.width, self.top + self.height)
        has_area = min(self.width, self.height) > 0
        return has_area and min(self.left, self.top) >= 0 and max(ends) <= 1 + _ROUNDING


WHOLE = Crop(0, 0, 1, 1)


def from_json(stored: dict[str, Any] | None) -> Crop:
    """Return the crop in a generation's row; the whole photo for a row without one."""
    return WHOLE if stored is None else Crop(**stored)


def to_json(crop: Crop) -> dict[str, Any]:
    """Return the crop as the JSON of a generation's row."""
    return asdict(crop)


def cropped_size(photo: Size, crop: Crop) -> Size:
    """Return width and height in pixels of the crop of a photo of this size; each side is at least 1."""
    return max(1, round(photo[0] * crop.width)), max(1, round(photo[1] * crop.height))


def shapes_differ(one: Size, other: Size) -> bool:
    """Return whether the aspect ratios differ by more than SHAPE_TOLERANCE."""
    return not crop_has_shape(one, WHOLE, other)


def cover_crop(picture: Size, size: Size) -> Crop:
    """Return the largest centered crop of a picture with the shape of `size`."""
    left, top, right, bottom = cover(picture, size)
    return Crop(left / picture[0], top / picture[1], (right - left) / picture[0], (bottom - top) / picture[1])


def crop_has_shape(photo: Size, crop: Crop, size: Size) -> bool:
    """Return whether the crop of the photo has the shape of `size`, within SHAPE_TOLERANCE."""
    products = photo[0] * crop.width * size[1], photo[1] * crop.height * size[0]
    return max(products) <= (1 + SHAPE_TOLERANCE) * min(products)  # their ratio may be too small for a float


def print_dpi(cropped: Size, size: Size) -> int:
    """Return the resolution in dpi of a print of `size` px (at PRINT_DPI) from the cropped photo, rounded down."""
    return math.floor(PRINT_DPI * min(cropped[0] / size[0], cropped[1] / size[1]) + _ROUNDING)
