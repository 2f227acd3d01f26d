"""Photos of 12 and 48 megapixels, enlarged from a real one with a camera's grain; made once, under build/bench."""

from __future__ import annotations

from pathlib import Path

from infra.bench.runs import ROOT

FOLDER = ROOT / "build" / "bench" / "photos"
SIZES = {"12 MP": (4000, 3000), "48 MP": (8000, 6000)}


def make() -> dict[str, Path]:
    """The photos by their size."""
    from PIL import Image, ImageChops

    FOLDER.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, size in SIZES.items():
        path = FOLDER / f"{name.replace(' ', '').lower()}.jpg"
        if not path.exists():
            with Image.open(ROOT / "tests" / "data" / "photos" / "china.jpg") as photo:
                large = photo.convert("RGB").resize(size, Image.Resampling.BICUBIC)
            grain = Image.effect_noise((size[0] // 2, size[1] // 2), 8).resize(size).convert("RGB")
            ImageChops.add(large, grain, 1, -128).save(path, "JPEG", quality=88)
        found[name] = path
    return found
