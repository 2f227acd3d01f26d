"""The same preview or print in simple Pillow code: the whole image is decoded, with Pillow's defaults."""

import io
import sys

from PIL import Image, ImageFilter, ImageOps

from infra.bench.subjects.measure import report

kind, path, *side = sys.argv[1:]


def preview() -> None:
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    picture.thumbnail((1024, 1024), Image.Resampling.LANCZOS, reducing_gap=None)
    picture.save(io.BytesIO(), "JPEG", quality=85)


def full() -> None:
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    picture = ImageOps.fit(picture, (int(side[0]), int(side[0])), Image.Resampling.LANCZOS)
    picture = picture.filter(ImageFilter.UnsharpMask(radius=2, percent=80, threshold=2))
    picture.save(io.BytesIO(), kind.upper(), dpi=(300, 300))


report(preview if kind == "preview" else full)
