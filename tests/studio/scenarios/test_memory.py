"""The largest pictures that the guard lets through fit a function of 1 GB, in whatever form they come."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_header import probe
from tests.patience import LIMIT

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
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty megapixels of JPEG in the forms that need most, and 25 of what has alpha."""
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
@pytest.mark.parametrize("name", ["progressive.jpg", "inks.jpg", "clear.png", "clear.webp"])
@pytest.mark.parametrize("long_side", [1024, 2048])
def test_the_largest_pictures_fit(pictures: Path, name: str, long_side: int) -> None:
    """Looked at, stylised, and made a preview, or the largest print of either kind."""
    picture = pictures / name
    assert image_validation.rejection_reason(probe(picture.read_bytes())) is None
    command = [sys.executable, "-c", WORK, str(picture), str(long_side)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT)
    assert int(done.stdout) < MEGABYTES
