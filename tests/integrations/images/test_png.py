from __future__ import annotations

import pytest
from PIL import Image

from chalicelib.integrations.images import png
from tests.integrations.sample_images import open_image


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (257, png.STRIP), (31, 2 * png.STRIP + 1)])
def test_encoding_is_lossless(size: tuple[int, int]):
    noise = [Image.effect_noise(size, 90) for _ in range(3)]
    picture = Image.merge("RGB", noise)
    image = open_image(png.encode(picture))
    assert image.format == "PNG"
    assert image.size == size
    assert image.tobytes() == picture.tobytes()


def test_a_png_has_no_metadata_by_default():
    assert open_image(png.encode(Image.new("RGB", (2, 2)))).info == {}
