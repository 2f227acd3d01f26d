"""`make demo` completes the main use case and writes images of the right type and size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from chalicelib.platform.store_database.revisions import HEAD
from infra.local.environment import ROOT
from tests.timeouts import LIMIT

DEMO_SECONDS = 2 * LIMIT
"""The demo waits 120 seconds for the lease of the worker that it kills."""


def test_the_demo_completes_an_order_and_writes_its_images(run_environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "infra.local.demo"]
    process = subprocess.run(
        command, cwd=ROOT, env=run_environment, capture_output=True, text=True, timeout=DEMO_SECONDS
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert "still 1 visit with 1 page view" in process.stdout
    assert "a month, new on" in process.stdout
    assert "5 items cost 136.95 instead of 165.00" in process.stdout
    assert "1 order, 2 uses, shoppers saved 28.05 and paid 136.95" in process.stdout
    assert "73.95 refunded" in process.stdout
    assert "1 order, 1 use, shoppers saved 15.00 and paid 63.00 USD" in process.stdout
    assert "larger_button with 20% against 10%" in process.stdout
    assert "each of 14 tables once, by" in process.stdout
    assert "201 with order number 1, and 409 OutOfStock" in process.stdout
    assert "1 done, 1 failed: “Another transaction locks the tables.”" in process.stdout
    assert f"from revision 0001 to {HEAD}" in process.stdout
    assert "19 of 20 rows; the report: line 14, status:" in process.stdout
    assert "27 rows of 14 tables" in process.stdout
    assert "19 products; the store was switched to the new place" in process.stdout
    assert "from PostgreSQL to MariaDB" in process.stdout
    assert "mysql; 14 tables equal by row hashes" in process.stdout
    assert "products                     19 rows, equal" in process.stdout
    folder = Path(run_environment["LOCAL_STATE_DIR"]) / "demo"
    page = (folder / "index.html").read_text()
    for name in ("input.jpg", "preview.jpg", "final.jpg"):
        assert f'src="{name}"' in page
    with Image.open(folder / "preview.jpg") as preview, Image.open(folder / "final.jpg") as final:
        assert max(preview.size) == 1024
        assert final.size == (2400, 3000)
        assert final.info["dpi"] == (300, 300)
        assert not preview.getexif()
        assert not final.getexif()
