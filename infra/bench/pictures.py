"""Benchmark rows of the studio: previews and prints compared with naive Pillow, libvips and sharp; peak memory."""

from __future__ import annotations

import math
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.bench import peers, photos
from infra.bench.runs import SUBJECTS, Subject, interleaved
from infra.bench.table import Row

SIDE, SMALL_SIDE = 4096, 512
"""The side of a print in pixels; the small one is for a quick run."""


def _pillow(kind: str, photo: Path, *more: str) -> list[Subject]:
    return [
        Subject("ours", [sys.executable, SUBJECTS / "image_ours.py", kind, photo, *more]),
        Subject("naive Pillow", [sys.executable, SUBJECTS / "image_naive.py", kind, photo, *more]),
    ]


def preview(photo: str, budget: float | None, rounds: int) -> list[Row]:
    """Measure a preview of about 1024 px. Libraries that are not installed get a row with a hint.

    Without a budget, the ratios are for information only.
    """
    what, path = f"preview of {photo}", photos.make(photo, small=rounds == 1)
    figures = interleaved([*_pillow("preview", path), *peers.previewing(path)], rounds)
    ours = figures.pop("ours")
    budgets = {"naive Pillow": budget, "pyvips": 0.75, "sharp": 0.95} if budget else {}
    rows = [
        Row(what, str(ours), f"{name} {figure}", ours.beside(figure), budgets.get(name))
        for name, figure in figures.items()
    ]
    rows += [
        Row(what, str(ours), f"{name} {hint}", None, None) for name, hint in peers.HINTS.items() if name not in figures
    ]
    memory = ", ".join(f"{name} {figure.peak_mb:.0f} MB" for name, figure in figures.items())
    return [*rows, Row("  peak memory", "", memory, ours.peak_mb, 70, "MB")]


def fidelity(photo: str, rounds: int) -> list[Row]:
    """Measure the PSNR of our preview and of sharp's, in dB, against the photo decoded in full and reduced by Lanczos.

    A quick run measures ours only.
    """
    from chalicelib.integrations.images import renditions

    path = photos.make(photo, small=rounds == 1)
    ours = _decibels(path, renditions.preview(path.read_bytes(), long_side=1024))
    with TemporaryDirectory() as folder:
        output = Path(folder) / "sharp.jpg"
        is_whole = rounds > 1
        commands = [each.command for each in peers.previewing(path) if is_whole and each.name == "sharp"]
        if not commands:
            return [Row(f"PSNR of a preview of {photo}", f"{ours:.1f} dB", f"sharp {peers.HINTS['sharp']}", None, None)]
        subprocess.run([*commands[0], output], cwd=peers.NODE, check=True, capture_output=True)
        sharp = _decibels(path, output.read_bytes())
    return [Row(f"PSNR of a preview of {photo}", f"{ours:.1f} dB", f"sharp {sharp:.1f} dB", sharp - ours, 1.5, "dB")]


def _decibels(path: Path, preview: bytes) -> float:
    from PIL import Image, ImageChops, ImageStat

    with Image.open(path) as photo, Image.open(BytesIO(preview)) as small:
        expected = photo.convert("RGB").resize(small.size, Image.Resampling.LANCZOS)
        statistics = ImageStat.Stat(ImageChops.difference(expected, small.convert("RGB")))
    return 10 * math.log10(255**2 * sum(statistics.count) / sum(statistics.sum2))


def whole_path(rounds: int) -> list[Row]:
    """Measure decoding, style, watermark and encoding of a 512 px photo, compared with the model call alone."""
    path = photos.make("512 px")
    figures = interleaved(
        [Subject(kind, [sys.executable, SUBJECTS / "image_path.py", kind, path]) for kind in ("whole", "model")], rounds
    )
    whole, model = figures["whole"], figures["model"]
    return [Row("photo to watermarked preview", str(whole), f"the model call alone {model}", whole.beside(model), 2.0)]


def print_file(kind: str, budget: float, rounds: int) -> list[Row]:
    """Measure a print of 4096 x 4096 px from the image model's output, as JPEG or PNG."""
    photo, side = photos.make("2048 px", small=rounds == 1), SMALL_SIDE if rounds == 1 else SIDE
    figures = interleaved(_pillow(kind, photo, str(side)), rounds)
    ours, naive = figures["ours"], figures["naive Pillow"]
    return [
        Row(f"print of 4096 px, {kind.upper()}", str(ours), f"naive Pillow {naive}", ours.beside(naive), budget),
        Row("  peak memory", "", f"naive Pillow {naive.peak_mb:.0f} MB", ours.peak_mb, 240, "MB"),
    ]


def bomb(rounds: int) -> list[Row]:
    """Measure the rejection of a decompression bomb: a file whose header declares 10,000 megapixels."""
    figures = interleaved([Subject("ours", [sys.executable, SUBJECTS / "image_bomb.py"])], rounds)["ours"]
    return [
        Row("decompression bomb rejected", str(figures), "", figures.median * 1000, 50, "ms"),
        Row("  peak memory", "", "", figures.peak_mb, 40, "MB"),
    ]
