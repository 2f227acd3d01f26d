"""A sample landscape for watermark previews. It is drawn by code, so it needs no licence and no packaged file."""

from __future__ import annotations

from functools import cache
from io import BytesIO

SIZE = (1200, 800)

_SKY, _HAZE = (92, 142, 196), (246, 214, 170)
_HILLS = (
    ((108, 124, 140), [(0, 470), (220, 380), (430, 460), (690, 340), (940, 450), (1200, 370)]),
    ((74, 104, 92), [(0, 560), (260, 500), (520, 590), (800, 480), (1020, 560), (1200, 520)]),
    ((38, 66, 54), [(0, 690), (300, 640), (640, 700), (930, 620), (1200, 680)]),
)


@cache
def encoded() -> bytes:
    """Draw the picture and return it as JPEG, 1200 x 800 px: hills under an evening sky, light above and dark below."""
    from PIL import Image, ImageDraw, ImageFilter

    slope = Image.linear_gradient("L").resize(SIZE)
    picture = Image.composite(Image.new("RGB", SIZE, _HAZE), Image.new("RGB", SIZE, _SKY), slope)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((820, 230, 940, 350), fill=(255, 240, 214))
    for colour, ridge in _HILLS:
        draw.polygon([*ridge, (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=colour)
    out = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=88)
    return out.getvalue()
