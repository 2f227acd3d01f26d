"""The position and size of a watermark."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.domain.watermark import Position, Rectangle, place_mark

sides = st.integers(1, 12_000)
sizes = st.tuples(sides, sides)
percentages = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (Position.TOP_LEFT, Rectangle(20, 20, 100, 50)),
        (Position.TOP_RIGHT, Rectangle(880, 20, 100, 50)),
        (Position.BOTTOM_LEFT, Rectangle(20, 730, 100, 50)),
        (Position.BOTTOM_RIGHT, Rectangle(880, 730, 100, 50)),
        (Position.CENTER, Rectangle(450, 375, 100, 50)),
    ],
)
def test_each_position_places_the_watermark(position: Position, expected: Rectangle):
    assert place_mark((1000, 800), (400, 200), position=position, size_percentage=Decimal(10)) == expected


@given(sizes, sizes, st.sampled_from(Position), percentages)
def test_the_watermark_is_inside_the_image_and_visible(
    picture: tuple[int, int], mark: tuple[int, int], position: Position, share: Decimal
):
    left, top, width, height = place_mark(picture, mark, position=position, size_percentage=share)
    assert left >= 0
    assert top >= 0
    assert width >= 1
    assert height >= 1
    assert left + width <= picture[0]
    assert top + height <= picture[1]


@given(sizes, sizes, percentages)
def test_the_watermark_keeps_its_aspect_within_a_pixel(picture: tuple[int, int], mark: tuple[int, int], share: Decimal):
    _, _, width, height = place_mark(picture, mark, position=Position.CENTER, size_percentage=share)
    # Some exact scale lies within a pixel of both sides.
    lowest = max((width - 1) / mark[0], (height - 1) / mark[1])
    highest = min((width + 1) / mark[0], (height + 1) / mark[1])
    assert lowest <= highest


@given(st.integers(200, 4000), percentages.filter(lambda share: share >= 1))
def test_the_watermark_has_the_requested_width(side: int, share: Decimal):
    width = place_mark((side, side), (300, 100), position=Position.TOP_LEFT, size_percentage=share).width
    assert abs(width - side * share / 100) <= Decimal("0.5001")


@given(sizes, sizes, percentages)
def test_left_and_right_positions_are_mirrored(picture: tuple[int, int], mark: tuple[int, int], share: Decimal):
    left = place_mark(picture, mark, position=Position.TOP_LEFT, size_percentage=share)
    right = place_mark(picture, mark, position=Position.TOP_RIGHT, size_percentage=share)
    assert left.left == picture[0] - right.left - right.width
