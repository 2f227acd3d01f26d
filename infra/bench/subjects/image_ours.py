"""Our preview or print of a photo: image_ours.py preview|jpeg|png FILE [SIDE]."""

import sys
from pathlib import Path

from PIL import Image, ImageCms, ImageFilter  # noqa: F401 - import before timing, like the others

from chalicelib.integrations.images import renditions
from chalicelib.studio.domain.print_size import PREVIEW_LONG_SIDE, cover
from infra.bench.subjects.measure import report

kind, data = sys.argv[1], Path(sys.argv[2]).read_bytes()

if kind == "preview":
    report(lambda: renditions.preview(data, long_side=PREVIEW_LONG_SIDE))
else:
    side = int(sys.argv[3])
    report(lambda: renditions.print_file(data, size=(side, side), crop=cover, content_type=f"image/{kind}"))
