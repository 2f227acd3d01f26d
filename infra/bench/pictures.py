"""Benchmark rows of the studio: previews and prints compared with naive Pillow, libvips and sharp; peak memory."""

from __future__ import annotations

import sys
from pathlib import Path

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
