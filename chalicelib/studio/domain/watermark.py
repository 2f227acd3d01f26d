"""Position and size of a watermark on an image."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

Size = tuple[int, int]
"""Width and height in pixels."""

MARGIN = 0.02
"""Distance from the image's edges, as a share of its width."""


class Position(StrEnum):
    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"
    CENTER = "center"


class Rectangle(NamedTuple):
    """A rectangle in pixels, from the image's top left corner."""

    left: int
    top: int
    width: int
    height: int


def place_mark(picture: Size, mark: Size, *, position: Position, size_percentage: Decimal | float) -> Rectangle:
    """Return where the mark goes: `size_percentage` of the picture's width, same aspect, inside it, at least 1 px a side."""
    share = float(size_percentage) / 100
    # A tall mark shrinks until it fits.
    scale = min(picture[0] * share / mark[0], picture[0] / mark[0], picture[1] / mark[1])
    width = min(picture[0], max(1, round(mark[0] * scale)))
    height = min(picture[1], max(1, round(mark[1] * scale)))
    free_x, free_y = picture[0] - width, picture[1] - height
    if position is Position.CENTER:
        return Rectangle(free_x // 2, free_y // 2, width, height)
    vertical, horizontal = position.split("-")
    margin = round(picture[0] * MARGIN)
    margin_x, margin_y = min(margin, free_x // 2), min(margin, free_y // 2)
    left = margin_x if horizontal == "left" else free_x - margin_x
    top = margin_y if vertical == "top" else free_y - margin_y
    return Rectangle(left, top, width, height)
