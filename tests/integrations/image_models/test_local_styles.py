"""The local styles: distinct, deterministic, and applicable to any image."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.integrations.image_models.local_styles import DEFAULT, STYLES, WORDS, stylise
from chalicelib.integrations.images.decoding import decode

PHOTOS = Path(__file__).parents[2] / "data" / "photos"


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return decode((PHOTOS / "grace_hopper.jpg").read_bytes(), long_side=256)


def test_at_least_eight_styles_exist_and_every_keyword_selects_one():
    assert len(STYLES) >= 8
    assert DEFAULT in STYLES
    assert set(WORDS.values()) == set(STYLES)


def test_each_style_differs_from_the_photo_and_the_others(portrait: Image.Image):
    image = {"photo": portrait} | {style: stylise(portrait, style) for style in STYLES}
    for one, other in combinations(image, 2):
        assert max(ImageStat.Stat(ImageChops.difference(image[one], image[other])).mean) > 8, (one, other)


@pytest.mark.parametrize("style", STYLES)
def test_the_photo_stays_recognisable(style: str, portrait: Image.Image):
    """At low resolution, light and dark areas keep their place."""
    far = (12, 14)
    before, after = (
        list(picture.convert("L").resize(far, Image.Resampling.BOX).tobytes())
        for picture in (portrait, stylise(portrait, style))
    )
    assert _correlation(before, after) > 0.6


def test_styles_are_deterministic_across_processes(portrait: Image.Image):
    script = """
import sys; from hashlib import sha256; from pathlib import Path
from chalicelib.integrations.images.decoding import decode
from chalicelib.integrations.image_models.local_styles import STYLES, stylise
photo = decode(Path(sys.argv[1]).read_bytes(), long_side=256)
print(*(sha256(stylise(photo, style).tobytes()).hexdigest() for style in reversed(STYLES)))
"""
    photo = str(PHOTOS / "grace_hopper.jpg")
    output = subprocess.run([sys.executable, "-c", script, photo], capture_output=True, text=True, check=True).stdout
    assert output.split() == [sha256(stylise(portrait, style).tobytes()).hexdigest() for style in reversed(STYLES)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [(1, 1), (64, 1), (1, 64), (5, 3), (64, 64)])
@pytest.mark.parametrize("colour", ["black", "white"])
def test_unusual_images_are_stylised(style: str, size: tuple[int, int], colour: str):
    image = stylise(Image.new("RGB", size, colour), style)
    assert image.size == size
    assert image.mode == "RGB"


def _correlation(one: list[int], other: list[int]) -> float:
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    covariance = sum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    spread = sum((a - mean_one) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other)
    return float(covariance / spread**0.5)
