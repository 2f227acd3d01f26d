"""The transparent grey or colour of a PNG without alpha (tRNS), compared with the stored samples.

Pillow scales 1-, 2- and 4-bit grey to 8 bits, but not the transparent grey; of 16-bit colours it keeps the high bytes.
Source: PNG 3rd edition, §11.3.1.1 (tRNS), §13.12 (scaling of samples).
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_DEPTH, _COLOUR_TYPE = 24, 25  # PNG, 11.2.1: offsets of these bytes in the file
_GREY, _TRUECOLOUR = 0, 2
_TO_EIGHT_BITS = {1: 255, 2: 85, 4: 17, 8: 1}


def key_alpha(picture: Image, data: bytes) -> Image | None:
    """Return the alpha channel of a decoded picture if its file `data` has a transparent grey or colour, else None."""
    from PIL import Image, ImageChops

    key = picture.info.get("transparency")
    if picture.format != "PNG" or key is None or data[_COLOUR_TYPE] not in (_GREY, _TRUECOLOUR):
        return None
    samples = (key,) if isinstance(key, int) else tuple(key)
    matching = Image.new("L", picture.size, 255)
    for plane, level in _planes(picture, data, samples):
        matching = ImageChops.darker(matching, plane.point([255 if each == level else 0 for each in range(256)]))
    return ImageChops.invert(matching)


def _planes(picture: Image, data: bytes, samples: tuple[int, ...]) -> Iterator[tuple[Image, int]]:
    """Yield 8-bit planes with the level of the transparent sample in each; 16 bits have a high and a low plane."""
    from PIL import Image

    depth = data[_DEPTH]
    if depth < 8:
        # Pillow has already scaled the transparent grey of one bit.
        level = samples[0] if depth == 1 else (samples[0] & (1 << depth) - 1) * _TO_EIGHT_BITS[depth]
        yield picture.convert("L"), level
    elif picture.mode == "I;16":
        stored = picture.tobytes()
        yield Image.frombytes("L", picture.size, stored[1::2]), samples[0] >> 8
        yield Image.frombytes("L", picture.size, stored[::2]), samples[0] & 255
    else:
        for band, sample in zip(picture.getbands(), samples, strict=True):
            yield picture.getchannel(band), sample >> 8 if depth == 16 else sample & 255
        if depth == 16:
            low = _low_bytes(data)
            for band, sample in zip(low.getbands(), samples, strict=True):
                yield low.getchannel(band), sample & 255


def _low_bytes(data: bytes) -> Image:
    """Decode the low bytes of a picture with 16 bits per sample, by reading the samples in the other byte order."""
    from PIL.PngImagePlugin import PngImageFile

    picture = PngImageFile(BytesIO(data))
    picture.tile = [tile._replace(args=str(tile.args).replace("16B", "16L")) for tile in picture.tile]
    picture.load()
    return picture
