"""No use case enters more modules or returns than docs/architecture.md shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.walks import Walk, gallery, walks

__all__ = ["gallery", "walks"]

ARCHITECTURE = Path(__file__).resolve().parents[1] / "docs" / "architecture.md"
ROW = re.compile(r"^\| ([^|]+?) \| \d+ → (\d+) \| \d+ → (\d+) \| \d+ → (\d+) \| \d+ → (\d+) \|$", re.MULTILINE)


@pytest.mark.usefixtures("engine")
def test_no_use_case_exceeds_its_documented_walk(walks: dict[str, Walk]) -> None:
    documented = {name: tuple(map(int, figures)) for name, *figures in ROW.findall(ARCHITECTURE.read_text())}
    assert set(documented) == set(walks)
    longer = {
        name: (walk.row, documented[name])
        for name, walk in walks.items()
        if any(measured > limit for measured, limit in zip(walk.row, documented[name], strict=True))
    }
    assert longer == {}, "`pytest tests/walks.py -s` prints the figures"
