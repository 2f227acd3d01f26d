"""Test photos enlarged from a real one, with artificial grain; cached under build/bench."""

from __future__ import annotations

import os
from pathlib import Path

from infra.bench.runs import BUILD, ROOT

SIZES = {
    "512 px": (512, 384),
    "1 MP": (1224, 816),
    "12 MP": (4000, 3000),
    "48 MP": (8000, 6000),
    "2048 px": (2048, 1536),
}
"""Width and height in pixels: a small photo, photos of three cameras, and the image model's output for a print."""


SMALL = 0.1
"""The factor for each side in a quick run."""


def make(name: str, small: bool = False) -> Path:
    """Create a JPEG of that size, or a small version of it, unless it is cached. Return its path."""
    from PIL import Image, ImageChops

    path = BUILD / "photos" / f"{name.replace(' ', '').lower()}{'-small' if small else ''}.jpg"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = (int(side * SMALL) if small else side for side in SIZES[name])
    with Image.open(ROOT / "tests" / "data" / "photos" / "china.jpg") as photo:
        large = photo.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((width // 2, height // 2), 8).resize((width, height)).convert("RGB")
    unfinished = path.with_suffix(f".{os.getpid()}")  # a concurrent process may write the same photo
    ImageChops.add(large, grain, 1, -128).save(unfinished, "JPEG", quality=88)
    unfinished.rename(path)
    return path
