"""The largest accepted images fit a function of 1 GB in every format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_header import probe
from tests.timeouts import LIMIT

MEGABYTES = 900
"""Of a function's 1,024, which the runtime and the handler share."""

WORK = """
import sys
from pathlib import Path
from chalicelib.integrations.image_models import selection
from chalicelib.integrations.images import decoding, renditions
from chalicelib.studio.domain.print_size import cover

data, long_side = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
decoding.check_decodes(data)
made = selection.choose_model("local")(data, "pencil", long_side, {})
if long_side == 1024:
    renditions.preview(made.image, long_side=long_side, mark=None)
else:
    for content_type in ("image/jpeg", "image/png"):
        renditions.print_file(made.image, size=(7745, 7745), crop=cover, content_type=content_type)
[peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024)
"""


@pytest.fixture(scope="module")
def large_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JPEGs of sixty megapixels in the most expensive forms, and images with alpha of 25."""
    folder = tmp_path_factory.mktemp("pictures")
    slope = Image.linear_gradient("L")
    large = Image.merge("RGB", [slope.rotate(turn).resize((7745, 7745)) for turn in (0, 90, 180)])
    large.save(folder / "progressive.jpg", quality=85, progressive=True, subsampling=0)
    large.convert("CMYK").save(folder / "inks.jpg", quality=80, progressive=True)
    clear = Image.merge("RGBA", [slope.rotate(turn).resize((5000, 5000)) for turn in (0, 90, 180, 270)])
    clear.save(folder / "clear.png", compress_level=1)
    clear.save(folder / "clear.webp", lossless=True, method=0, quality=0)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
@pytest.mark.parametrize(
    ("name", "long_side"),
    [("progressive.jpg", 2048), ("inks.jpg", 1024), ("inks.jpg", 2048), ("clear.png", 2048), ("clear.webp", 1024)],
)
def test_the_largest_images_fit_in_memory(large_images: Path, name: str, long_side: int) -> None:
    """Inspected, stylised, and rendered as a preview or as the largest print of either type."""
    picture = large_images / name
    assert image_validation.rejection_reason(probe(picture.read_bytes())) is None
    command = [sys.executable, "-c", WORK, str(picture), str(long_side)]
    process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT)
    assert int(process.stdout) < MEGABYTES
