"""Crops: inside the photo, of the size's shape, and sharp enough for the print."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.studio.domain import crop
from chalicelib.studio.domain.crop import GOOD_DPI, MIN_DPI, WHOLE, Crop
from chalicelib.studio.domain.print_size import cover

PRINT = 2400, 3000
"""8 x 10 inches at 300 dpi."""
sides = st.integers(1, 12_000)


@pytest.mark.parametrize(
    ("pixels", "dpi"), [((480, 600), 60), ((479, 599), 59), ((960, 1200), 120), ((959, 1200), 119), ((2400, 3000), 300)]
)
def test_the_resolution_is_that_of_the_side_with_fewer_dpi(pixels: tuple[int, int], dpi: int) -> None:
    assert crop.print_dpi(pixels, PRINT) == dpi
    assert (dpi < MIN_DPI, dpi < GOOD_DPI) == (dpi == 59, dpi in (59, 60, 119))


@pytest.mark.parametrize(
    ("rectangle", "is_inside"),
    [
        (WHOLE, True),
        (Crop(0.1, 0.2, 0.9 + 1e-9, 0.8), True),
        (Crop(0.1, 0, 0.91, 1), False),
        (Crop(0, -0.01, 1, 1), False),
        (Crop(0, 0, 0, 1), False),
    ],
)
def test_a_crop_is_inside_the_photo(rectangle: Crop, is_inside: bool) -> None:
    assert rectangle.is_inside is is_inside


@pytest.mark.parametrize(("width", "differs"), [(100, False), (102, False), (103, True), (99, False), (97, True)])
def test_shapes_differ_over_two_percent(width: int, differs: bool) -> None:
    assert crop.shapes_differ((width, 100), (100, 100)) is differs
    assert crop.crop_has_shape((width, 100), WHOLE, (100, 100)) is not differs


def test_a_crop_without_a_pixel_has_no_shape() -> None:
    assert not crop.crop_has_shape((1000, 1500), Crop(0, 0, 5e-324, 1), (3000, 1000))


@given(photo=st.tuples(sides, sides), size=st.tuples(sides, sides))
@settings(max_examples=100)
def test_the_largest_centered_crop_has_the_shape_of_the_size(photo: tuple[int, int], size: tuple[int, int]) -> None:
    left, top, right, bottom = cover(photo, size)
    fractions = Crop(left / photo[0], top / photo[1], (right - left) / photo[0], (bottom - top) / photo[1])
    assert fractions.is_inside
    assert crop.crop_has_shape(photo, fractions, size)
    assert crop.from_json(crop.to_json(fractions)) == fractions
