"""From a photo to the watermarked preview, or the model's part of it: image_path.py whole|model FILE. No database, no S3."""

import sys
from functools import partial
from pathlib import Path

from PIL import Image, ImageCms, ImageFilter  # noqa: F401 - import before timing, like the others

from chalicelib.integrations.image_models import selection
from chalicelib.integrations.images import png, renditions
from chalicelib.studio.domain.print_size import PREVIEW_LONG_SIDE
from chalicelib.studio.domain.watermark import Position, place_mark
from infra.bench.subjects.measure import report

kind, data = sys.argv[1], Path(sys.argv[2]).read_bytes()
model = selection.choose_model("local")
place = partial(place_mark, position=Position.CENTER, size_percentage=40)
mark = renditions.Mark(png.encode(Image.new("RGB", (400, 200), "white")), 0.5, place)


def run() -> None:
    generated = model(data, "watercolour", PREVIEW_LONG_SIDE, {})
    if kind == "whole":
        renditions.preview(generated.image, long_side=PREVIEW_LONG_SIDE, mark=mark)


report(run)
