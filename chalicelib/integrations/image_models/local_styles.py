"""The styles of the `local` image model, made with Pillow only.

Every style is deterministic and scales with the picture: `unit` is a thousandth of its longer side in px. A print
therefore shows the same strokes as its preview.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.image_models.failures import StyleUnusable
from chalicelib.integrations.image_models.local_textures import curve, dabs, grain, halftone, hatching, lines

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT = "watercolour"
"""The style if the prompt names none."""


class UnknownStyle(StyleUnusable):
    """There is no local style of that name; the message lists the known styles."""


def pick(prompt: str, parameters: Mapping[str, Any]) -> str:
    """Return the style in `parameters["style"]`, else the first style that the prompt's words name, else DEFAULT.

    Raises UnknownStyle if the parameter is not the name of a style.
    """
    named = parameters.get("style")
    if named is not None:
        if named not in STYLES:
            raise UnknownStyle(f"no local style {named!r}; known styles: {', '.join(STYLES)}")
        return str(named)
    words = re.findall(r"[a-z]+", prompt.lower())
    return next((WORDS[word] for word in words if word in WORDS), DEFAULT)


def stylise(photo: Image, style: str) -> Image:
    """Apply `style`, one of STYLES, to `photo` (RGB); return a picture of the same size (RGB)."""
    return STYLES[style](photo, max(photo.size) / 1000)


def _pencil(photo: Image, unit: float) -> Image:
    """Draw graphite: fine and broad lines over a hatched tone."""
    from PIL import Image, ImageChops, ImageOps

    grey = ImageOps.autocontrast(photo.convert("L"), cutoff=1)
    drawing = ImageChops.multiply(lines(grey, 2 * unit), lines(grey, 8 * unit))
    drawing = ImageChops.multiply(drawing, grey.point(curve((0, 120), (90, 175), (180, 238), (255, 255))))
    bare = grey.point(curve((0, 50), (255, 255)))
    strokes = Image.composite(Image.new("L", grey.size, 128), hatching(grey.size, unit, 95), bare)
    drawing = ImageChops.overlay(drawing, strokes)
    return ImageOps.colorize(drawing, "#232328", "#fbfaf6")


def _charcoal(photo: Image, unit: float) -> Image:
    """Draw soft black masses and smudged edges on rough, warm paper."""
    from PIL import ImageChops, ImageFilter, ImageOps

    grey = ImageOps.autocontrast(photo.convert("L"), cutoff=2).filter(ImageFilter.MedianFilter(_odd(3 * unit)))
    mass = grey.point(curve((0, 12), (60, 40), (120, 140), (180, 232), (255, 255)))
    edges = lines(grey, 10 * unit).point(curve((0, 0), (150, 40), (255, 255)))
    drawing = ImageChops.multiply(mass.filter(ImageFilter.GaussianBlur(1.5 * unit)), edges)
    tooth = ImageChops.add(grain(grey.size, 1.4 * unit, 44), hatching(grey.size, 1.5 * unit, 60), scale=2)
    return ImageOps.colorize(ImageChops.overlay(drawing, tooth), "#191712", "#f3ecdf")


def _oil(photo: Image, unit: float) -> Image:
    """Paint brush dabs along the contours, broad ones first, fine ones on detail, with the relief of thick paint."""
    from PIL import Image, ImageChops, ImageEnhance, ImageFilter

    colours = ImageEnhance.Color(photo).enhance(1.35)
    canvas = colours.filter(ImageFilter.GaussianBlur(12 * unit))
    edges = ImageChops.difference(photo, photo.filter(ImageFilter.GaussianBlur(7 * unit))).convert("L")
    edges = edges.filter(ImageFilter.GaussianBlur(4 * unit)).point(curve((0, 0), (28, 255), (255, 255)))
    dabs(colours, canvas, width=17 * unit, spacing=13 * unit)
    nearby = edges.point(curve((0, 30), (128, 255), (255, 255)))
    dabs(colours, canvas, width=9 * unit, spacing=6.5 * unit, detail=nearby)
    dabs(colours, canvas, width=4 * unit, spacing=3.2 * unit, detail=edges)
    canvas = canvas.filter(ImageFilter.GaussianBlur(0.5 * unit))
    relief = canvas.convert("L")
    step = max(1, round(1.2 * unit))
    relief = ImageChops.subtract(relief, ImageChops.offset(relief, step, step), scale=1.4, offset=128)
    return ImageChops.overlay(canvas, Image.merge("RGB", [relief] * 3))


def _watercolour(photo: Image, unit: float) -> Image:
    """Paint pale washes with darker rims and uneven pigment, fading into white paper."""
    from PIL import Image, ImageChops, ImageEnhance

    broad = _flattened(photo, 241, times=2)
    fine = _flattened(photo, 454)
    washes = ImageEnhance.Color(Image.blend(broad, fine, 0.62)).enhance(1.7)
    washes = washes.point(curve((0, 52), (90, 150), (170, 226), (255, 255)) * 3)
    rims = lines(fine.convert("L"), 4 * unit, ease=40).point(curve((0, 40), (150, 120), (215, 215), (255, 255)))
    pigment = ImageChops.add(grain(photo.size, 45 * unit, 75), grain(photo.size, 9 * unit, 40), scale=2)
    pigment = ImageChops.overlay(pigment, grain(photo.size, 1.5 * unit, 22))
    for layer, mix in ((rims, ImageChops.multiply), (pigment, ImageChops.soft_light)):
        washes = mix(washes, Image.merge("RGB", [layer] * 3))
    return Image.composite(washes, Image.new("RGB", photo.size, "#fdfbf6"), _brushed_area(photo.size, unit))


def _pastel(photo: Image, unit: float) -> Image:
    """Draw chalky, light colour rubbed into rough paper."""
    from PIL import Image, ImageChops, ImageEnhance, ImageOps

    chalk = ImageEnhance.Color(_flattened(photo, 426)).enhance(1.5).point(curve((0, 66), (128, 178), (255, 253)) * 3)
    strokes = ImageChops.add(hatching(photo.size, 2 * unit, 84), grain(photo.size, 2 * unit, 80), scale=2)
    chalk = ImageChops.overlay(chalk, Image.merge("RGB", [strokes] * 3))
    contours = lines(photo.convert("L"), 4 * unit).point(curve((0, 60), (220, 210), (255, 255)))
    return ImageChops.multiply(chalk, ImageOps.colorize(contours, "#4a3550", "#ffffff"))


def _comic(photo: Image, unit: float) -> Image:
    """Draw flat, bright inks, with halftone dots in the shade and black contours."""
    from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

    flat = ImageOps.autocontrast(_flattened(photo, 454, times=2), cutoff=1)
    inks = ImageOps.posterize(ImageEnhance.Color(flat.point(curve((0, 14), (90, 120), (255, 255)) * 3)).enhance(1.7), 3)
    inks = inks.point(curve((0, 30), (224, 255), (255, 255)) * 3).filter(ImageFilter.GaussianBlur(0.6 * unit))
    grey = flat.convert("L")
    tone = grey.point(curve((0, 60), (150, 215), (200, 255), (255, 255)))
    dots = halftone(tone, 6.5 * unit).point(curve((0, 168), (255, 255)))
    contours = lines(grey, 6 * unit, ease=36).point(curve((0, 0), (180, 0), (222, 255), (255, 255)))
    contours = contours.filter(ImageFilter.GaussianBlur(0.5 * unit))
    for layer in (dots, contours):
        inks = ImageChops.multiply(inks, Image.merge("RGB", [layer] * 3))
    return inks


def _pop_art(photo: Image, unit: float) -> Image:
    """Make a screen print: four bright inks by tone, dots between the two lightest, the darkest ink last."""
    from PIL import Image, ImageFilter, ImageOps

    grey = ImageOps.autocontrast(photo.convert("L"), cutoff=3)
    grey = grey.filter(ImageFilter.GaussianBlur(2 * unit)).filter(ImageFilter.UnsharpMask(12 * unit, 90, 0))
    paper = Image.new("RGB", photo.size, "#ffd21f")
    tone = grey.point(curve((0, 0), (110, 70), (215, 255), (255, 255)))
    paper.paste("#ff3d7f", mask=ImageOps.invert(halftone(tone, 9 * unit)))
    paper.paste("#12b5c9", mask=_darker_than(grey, 104, unit))
    paper.paste("#1d1147", mask=_darker_than(grey, 58, unit))
    return paper


def _vintage(photo: Image, unit: float) -> Image:
    """Make a faded print of the 1970s: warm lights, lifted blacks, grain and a darker rim."""
    from PIL import Image, ImageChops, ImageEnhance, ImageFilter

    glow = Image.blend(photo, photo.filter(ImageFilter.GaussianBlur(6 * unit)), 0.22)
    red = curve((0, 58), (64, 112), (160, 214), (255, 255))
    green = curve((0, 42), (64, 90), (160, 184), (255, 244))
    blue = curve((0, 52), (64, 84), (160, 148), (255, 206))
    faded = ImageEnhance.Color(glow).enhance(0.68).point(red + green + blue)
    dust = grain(photo.size, 0.9 * unit, 34)
    rim = Image.radial_gradient("L").resize(photo.size, Image.Resampling.BICUBIC)
    rim = rim.point(curve((0, 255), (130, 255), (255, 138)))
    faded = ImageChops.soft_light(faded, Image.merge("RGB", [dust] * 3))
    return ImageChops.multiply(faded, Image.merge("RGB", [rim] * 3))


STYLES: dict[str, Callable[[Image, float], Image]] = {
    "pencil": _pencil,
    "charcoal": _charcoal,
    "oil": _oil,
    "watercolour": _watercolour,
    "pastel": _pastel,
    "comic": _comic,
    "pop-art": _pop_art,
    "vintage": _vintage,
}
WORDS = {
    "pencil": "pencil",
    "sketch": "pencil",
    "graphite": "pencil",
    "charcoal": "charcoal",
    "oil": "oil",
    "impasto": "oil",
    "watercolour": "watercolour",
    "watercolor": "watercolour",
    "aquarelle": "watercolour",
    "pastel": "pastel",
    "chalk": "pastel",
    "comic": "comic",
    "cartoon": "comic",
    "pop": "pop-art",
    "warhol": "pop-art",
    "vintage": "vintage",
    "retro": "vintage",
    "sepia": "vintage",
}
"""Words of a prompt and the style that each selects."""


def _flattened(photo: Image, long_side: int, *, times: int = 1) -> Image:
    """Flatten colours with a median of 5 x 5 px at a fixed size, so that the result does not depend on the photo's size.

    `long_side` is in px. The result is resized to the photo's size. A median holds the interpreter's lock. A median of
    7 x 7 px at 1.4 times the size looks the same and takes three times as long.
    """
    from PIL import ImageFilter
    from PIL.Image import Resampling

    scale = long_side / max(photo.size)
    flat = photo.resize((max(1, round(photo.width * scale)), max(1, round(photo.height * scale))), Resampling.BOX)
    for _ in range(times):
        flat = flat.filter(ImageFilter.MedianFilter(5))
    return flat.resize(photo.size, Resampling.BICUBIC)


def _darker_than(grey: Image, level: int, unit: float) -> Image:
    """Return a mask of the pixels darker than `level` (0 to 255), with smooth edges."""
    from PIL import ImageFilter

    mask = grey.point([255 if value < level else 0 for value in range(256)])
    return mask.filter(ImageFilter.MedianFilter(_odd(3 * unit))).filter(ImageFilter.GaussianBlur(0.6 * unit))


def _brushed_area(size: tuple[int, int], unit: float) -> Image:
    """Return a mask of the painted area: white inside, with wide, uneven strokes towards the rim."""
    from PIL import Image, ImageChops, ImageFilter

    rim = round(30 * unit)
    inside = Image.new("L", size)
    inside.paste(255, (rim, rim, max(rim + 1, size[0] - rim), max(rim + 1, size[1] - rim)))
    quarter = inside.reduce(4).filter(
        ImageFilter.GaussianBlur(5.5 * unit)
    )  # a quarter of the size is enough for a wide blur
    inside = quarter.resize(size, Image.Resampling.BICUBIC, box=(0, 0, size[0] / 4, size[1] / 4))
    uneven = ImageChops.add(inside, grain(size, 60 * unit, 60), scale=1, offset=-128)
    uneven = ImageChops.add(uneven, grain(size, 7 * unit, 34), scale=1, offset=-128)
    return uneven.point(curve((0, 0), (70, 0), (150, 255), (255, 255))).filter(ImageFilter.GaussianBlur(1.5 * unit))


def _odd(pixels: float) -> int:
    return max(3, round(pixels) // 2 * 2 + 1)
