"""The studio's rows: previews and prints against naive Pillow, libvips and sharp, with their peak memory."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.bench import peers, photos
from infra.bench.foundation import SUBJECTS
from infra.bench.runs import Subject, interleaved
from infra.bench.table import Row

PREVIEW_BUDGETS = {"12 MP": 0.25, "48 MP": 0.18}


def _python(file: str, kind: str, photo: Path) -> Subject:
    return Subject(file, [sys.executable, str(SUBJECTS / file), kind, str(photo)])


def _peers(photo: Path) -> list[Subject]:
    found = []
    if python := peers.pyvips():
        found.append(Subject("pyvips", [str(python), str(SUBJECTS / "image_vips.py"), "preview", str(photo)]))
    if folder := peers.sharp():
        command = ["node", str(SUBJECTS / "image_sharp.mjs"), "preview", str(photo)]
        found.append(Subject("sharp", command, folder=folder))
    return found


def previews(rounds: int) -> list[Row]:
    """A preview of 1024 px of each photo; a peer that is not there is named."""
    rows = []
    for name, photo in photos.make().items():
        others = _peers(photo)
        subjects = [_python("image_ours.py", "preview", photo), _python("image_naive.py", "preview", photo), *others]
        figures = interleaved(subjects, rounds)
        ours, naive = figures["image_ours.py"], figures["image_naive.py"]
        mine = f"{ours.median * 1000:.0f} ms"
        peer = f"naive Pillow {naive.median * 1000:.0f} ms"
        rows.append(Row(f"preview of {name}", mine, peer, ours.median / naive.median, PREVIEW_BUDGETS[name]))
        for other in others:
            figure = figures[other.name]
            peer = f"{other.name} {figure.median * 1000:.0f} ms, {figure.peak_mb:.0f} MB"
            rows.append(Row(f"preview of {name}", mine, peer, ours.median / figure.median, 1.0))
        absent = {"pyvips", "sharp"} - {other.name for other in others}
        rows += [Row(f"preview of {name}", mine, f"{peer}: absent, needs PyPI or npm", None, None) for peer in absent]
        rows.append(Row(f"memory, preview of {name}", "", f"naive {naive.peak_mb:.0f} MB", ours.peak_mb, 70, "MB"))
    return rows


def prints(rounds: int) -> list[Row]:
    """A print of 4096 x 4096 px of the 12 MP photo, as JPEG and as PNG."""
    rows = []
    photo = photos.make()["12 MP"]
    for kind, budget in (("jpeg", 0.6), ("png", 0.18)):
        figures = interleaved([_python("image_ours.py", kind, photo), _python("image_naive.py", kind, photo)], rounds)
        ours, naive = figures["image_ours.py"], figures["image_naive.py"]
        peer = f"naive Pillow {naive.median:.2f} s"
        ratio = ours.median / naive.median
        rows.append(Row(f"print of 4096 px, {kind.upper()}", f"{ours.median:.2f} s", peer, ratio, budget))
        memory = f"naive {naive.peak_mb:.0f} MB"
        rows.append(Row(f"memory, print {kind.upper()}", "", memory, ours.peak_mb, 240, "MB"))
    return rows


def bomb(rounds: int) -> list[Row]:
    """A file that promises 10,000 megapixels, refused on its header."""
    subject = Subject("bomb", [sys.executable, str(SUBJECTS / "image_bomb.py")])
    figures = interleaved([subject], rounds)["bomb"]
    took = figures.median * 1000
    return [
        Row("a bomb refused", f"{took:.2f} ms", "", took, 50, "ms"),
        Row("memory, a bomb refused", "", "", figures.peak_mb, 40, "MB"),
    ]
