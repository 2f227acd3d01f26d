from __future__ import annotations

import pytest
from PIL import Image

from chalicelib.integrations.images import png
from tests.integrations.pictures import opened


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (257, png.STRIP), (31, 2 * png.STRIP + 1)])
def test_every_pixel_comes_back(size: tuple[int, int]):
    noise = [Image.effect_noise(size, 90) for _ in range(3)]
    picture = Image.merge("RGB", noise)
    found = opened(png.encode(picture))
    assert found.format == "PNG"
    assert found.size == size
    assert found.tobytes() == picture.tobytes()


def test_without_options_it_carries_no_metadata():
    assert opened(png.encode(Image.new("RGB", (2, 2)))).info == {}
