"""Textures of the local styles: lines, grain, strokes, halftone dots, brush dabs.

Randomness is seeded, because Pillow's own noise differs from run to run. A `unit` is a thousandth of the picture's
longer side in px. A print therefore shows the same marks as its preview.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in pixels."""


def curve(*points: tuple[int, int]) -> list[int]:
    """Return a lookup table of 256 values, linearly interpolated between `points`."""
    table: list[int] = []
    for (left, low), (right, high) in pairwise(points):
        table += [round(low + (high - low) * (x - left) / (right - left)) for x in range(left, right)]
    return [*table, points[-1][1]]


def lines(grey: Image, radius: float, *, ease: int = 24) -> Image:
    """Draw lines: dark where the picture is darker than its surroundings, white elsewhere.

    This is a colour dodge with the blurred picture; `radius` is the blur's radius in px. `ease` reduces the noise of
    dark areas.
    """
    from PIL import ImageFilter, ImageMath

    around = grey.filter(ImageFilter.GaussianBlur(radius))
    dodged: Image = ImageMath.lambda_eval(
        lambda args: args["convert"](args["min"]((args["grey"] + ease) * 255 / (args["around"] + ease), 255), "L"),
        grey=grey,
        around=around,
    )
    return dodged


def grain(size: Size, pixels: float, strength: int) -> Image:
    """Make random grey within `strength` of 128, with grains `pixels` px wide."""
    from PIL.Image import Resampling, frombytes

    width, height = (max(2, round(side / max(1.0, pixels))) for side in size)
    noise = frombytes("L", (width, height), random.Random(width * height).randbytes(width * height))
    return noise.point(curve((0, 128 - strength), (255, 127 + strength))).resize(size, Resampling.BICUBIC)


def hatching(size: Size, unit: float, strength: int) -> Image:
    """Stretch grain into parallel strokes that rise to the right."""
    from PIL.Image import Resampling

    side = round(math.hypot(*size))
    across, along = max(2, round(side / max(1.0, 1.6 * unit))), max(2, round(side / (40 * unit)))
    strokes = grain((along, across), 1, strength).resize((side, side), Resampling.BICUBIC)
    strokes = strokes.rotate(38, Resampling.BILINEAR, fillcolor=128)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return strokes.crop((left, top, left + size[0], top + size[1]))


def halftone(grey: Image, pitch: float) -> Image:
    """Draw black dots on white, larger where `grey` is darker, on a grid of `pitch` px rotated by 45 degrees."""
    from PIL import Image, ImageChops

    tile = max(3, round(pitch))
    side = (round(math.hypot(*grey.size)) // tile + 1) * tile
    screen = Image.new("L", (side, side))
    screen.paste(Image.radial_gradient("L").resize((tile, tile)), (0, 0))
    done = tile
    while done < side:  # the tiled part doubles each time
        screen.paste(screen.crop((0, 0, done, tile)), (done, 0))
        done *= 2
    done = tile
    while done < side:
        screen.paste(screen.crop((0, 0, side, done)), (0, done))
        done *= 2
    screen = screen.rotate(45, Image.Resampling.BILINEAR)
    left, top = (side - grey.width) // 2, (side - grey.height) // 2
    screen = screen.crop((left, top, left + grey.width, top + grey.height))
    return ImageChops.add(grey, screen, scale=1, offset=-128).point(curve((0, 0), (104, 0), (152, 255), (255, 255)))


def dabs(photo: Image, canvas: Image, *, width: float, spacing: float, detail: Image | None = None) -> None:
    """Paint brush dabs in the colours of `photo` on `canvas`, along its contours; `width` and `spacing` are in px.

    If `detail` (grey) is given, paint only where it is bright.
    """
    from PIL import ImageDraw
    from PIL.Image import Resampling

    columns, rows = max(2, round(photo.width / spacing)), max(2, round(photo.height / spacing))
    # One colour and one slope per dab: the picture at the dabs' own resolution, with a border for the slopes.
    colours = photo.resize((columns, rows), Resampling.BOX).tobytes()
    grey = photo.convert("L").resize((columns + 2, rows + 2), Resampling.BOX).tobytes()
    wanted = detail.resize((columns, rows), Resampling.BOX).tobytes() if detail else b"\xff" * (columns * rows)
    chance = random.Random(columns)
    places = [index for index in range(columns * rows) if wanted[index] > chance.randrange(24, 56)]
    chance.shuffle(places)
    draw = ImageDraw.Draw(canvas)
    line = columns + 2
    for index in places:
        row, column = divmod(index, columns)
        at = (row + 1) * line + column + 1
        slope_x, slope_y = grey[at + 1] - grey[at - 1], grey[at + line] - grey[at - line]
        # Follow the contour if there is one, else point roughly to the right.
        angle = math.atan2(slope_x, -slope_y) if abs(slope_x) + abs(slope_y) > 6 else -0.5 + chance.gauss(0, 0.35)
        x = (column + chance.random()) * photo.width / columns
        y = (row + chance.random()) * photo.height / rows
        along, across = width * chance.uniform(1.0, 1.7), width * chance.uniform(0.35, 0.5)
        cos, sin = math.cos(angle), math.sin(angle)
        shade = chance.randrange(-11, 12)
        red, green, blue = colours[3 * index : 3 * index + 3]
        draw.polygon(
            [
                (x + along * a * cos - across * b * sin, y + along * a * sin + across * b * cos)
                for a, b in ((-1, 0), (-0.8, 0.8), (0, 1), (0.8, 0.8), (1, 0), (0.8, -0.8), (0, -1), (-0.8, -0.8))
            ],
            fill=(red + shade, green + shade, blue + shade),
        )
