"""The studio's rows: previews and prints against naive Pillow, libvips and sharp, with their peak memory."""

from __future__ import annotations

import sys

from infra.bench import peers, photos
from infra.bench.runs import SUBJECTS, Subject, interleaved
from infra.bench.table import Row


def _pillow(kind: str, photo: str) -> list[Subject]:
    path = photos.make(photo)
    return [
        Subject("ours", [sys.executable, SUBJECTS / "image_ours.py", kind, path]),
        Subject("naive Pillow", [sys.executable, SUBJECTS / "image_naive.py", kind, path]),
    ]


def preview(photo: str, budget: float | None, rounds: int) -> list[Row]:
    """A preview of 1024 px; a peer that is not there is named. Without a budget, peers stand there to be seen."""
    what = f"preview of {photo}"
    figures = interleaved([*_pillow("preview", photo), *peers.previewing(photos.make(photo))], rounds)
    ours = figures.pop("ours")
    # sharp uses every core and has no budget: it stands there to be seen.
    budgets = {"naive Pillow": budget, "pyvips": 1.0} if budget else {}
    rows = [
        Row(what, str(ours), f"{name} {figure}", ours.beside(figure), budgets.get(name))
        for name, figure in figures.items()
    ]
    rows += [
        Row(what, str(ours), f"{name} {hint}", None, None) for name, hint in peers.HINTS.items() if name not in figures
    ]
    memory = ", ".join(f"{name} {figure.peak_mb:.0f} MB" for name, figure in figures.items())
    return [*rows, Row("  its memory", "", memory, ours.peak_mb, 70, "MB")]


def print_file(kind: str, budget: float, rounds: int) -> list[Row]:
    """A print of 4096 x 4096 px of what the image model gives, as JPEG or as PNG."""
    figures = interleaved(_pillow(kind, "2048 px"), rounds)
    ours, naive = figures["ours"], figures["naive Pillow"]
    return [
        Row(f"print of 4096 px, {kind.upper()}", str(ours), f"naive Pillow {naive}", ours.beside(naive), budget),
        Row("  its memory", "", f"naive Pillow {naive.peak_mb:.0f} MB", ours.peak_mb, 240, "MB"),
    ]


def bomb(rounds: int) -> list[Row]:
    """A file that promises 10,000 megapixels, refused on its header."""
    figures = interleaved([Subject("ours", [sys.executable, SUBJECTS / "image_bomb.py"])], rounds)["ours"]
    return [
        Row("a bomb refused", str(figures), "", figures.median * 1000, 50, "ms"),
        Row("  its memory", "", "", figures.peak_mb, 40, "MB"),
    ]
