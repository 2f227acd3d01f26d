"""Our preview or print of a photo: image_ours.py preview|jpeg|png FILE."""

import sys
from pathlib import Path

from PIL import Image, ImageCms, ImageFilter  # noqa: F401 - the peers have imported theirs, too, when time begins

from chalicelib.integrations import images
from chalicelib.studio.print import PREVIEW_LONG_SIDE, cover
from infra.bench.subjects.measure import report

kind, data = sys.argv[1], Path(sys.argv[2]).read_bytes()
SIDE = (4096, 4096)

if kind == "preview":
    report(lambda: images.preview(data, long_side=PREVIEW_LONG_SIDE))
else:
    report(lambda: images.print_file(data, size=SIDE, crop=cover, content_type=f"image/{kind}"))
