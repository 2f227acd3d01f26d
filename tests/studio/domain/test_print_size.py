"""Print sizes, crops and upscale factors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.domain.print_size import PrintSize, PrintSizeRefused, cover, upscale_factor

sides = st.integers(1, 12_000)
sizes = st.tuples(sides, sides)


@pytest.mark.parametrize(
    ("width", "height", "why"),
    [(0, 100, "at least 1 px"), (100, -1, "at least 1 px"), (12_001, 10, "12,000"), (10_000, 6_001, "60,000,000")],
)
def test_an_invalid_print_size_has_a_reason(width: int, height: int, why: str):
    with pytest.raises(PrintSizeRefused, match=why):
        PrintSize(width, height)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (12_000, 5_000), (5_000, 12_000)])
def test_the_size_limits_are_inclusive(width: int, height: int):
    assert PrintSize(width, height).as_tuple == (width, height)


def test_cover_crops_the_longer_side_at_the_centre():
    assert cover((2048, 1536), (4096, 4096)) == (256, 0, 1792, 1536)
    assert cover((1000, 3000), (300, 300)) == (0, 1000, 1000, 2000)
    assert cover((3, 2), (300, 200)) == (0, 0, 3, 2)


@given(sizes, sizes)
def test_cover_is_inside_centred_and_in_the_targets_aspect(source: tuple[int, int], target: tuple[int, int]):
    left, top, right, bottom = cover(source, target)
    width, height = right - left, bottom - top
    assert left >= 0
    assert top >= 0
    assert right <= source[0]
    assert bottom <= source[1]
    assert left == pytest.approx(source[0] - right, abs=1e-6)
    assert top == pytest.approx(source[1] - bottom, abs=1e-6)
    assert width * target[1] == pytest.approx(height * target[0], rel=1e-6)
    # Maximal: it fills one side of the source.
    assert width == pytest.approx(source[0]) or height == pytest.approx(source[1])


def test_upscale_factor_is_that_of_the_part_that_fills_the_print():
    assert upscale_factor((2048, 1536), (4096, 4096)) == Decimal("2.67")
    assert upscale_factor((2048, 2048), (1024, 512)) == Decimal("0.50")
