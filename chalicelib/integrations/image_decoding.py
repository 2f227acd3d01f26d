"""Reading a stranger's picture with Pillow: safely, upright, in sRGB, without alpha, without metadata.

Pillow is imported where it is used: its plugins take 55 ms.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 60_000_000
"""The most that is ever decoded, whatever came past the guard."""

_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_BIT_DEPTH = 24  # PNG, 11.2.1: where its byte stands in the file
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)  # what Pillow's readers raise


class UnreadableImage(Exception):
    """The bytes are no complete JPEG, PNG or WebP picture of an allowed size. Trying again will not help."""


def check_decodes(data: bytes) -> None:
    """Read `data` to its end, a JPEG at an eighth of its size, with its EXIF block and colour profile.

    Raises UnreadableImage if it is cut off or damaged. (Pillow's `verify` does not: it passes truncated files.)
    """
    picture = _open(data)
    picture.draft(None, (1, 1))
    _load(picture)
    _turn(picture)
    _in_srgb(_opaque(picture.crop((0, 0, 1, 1))), picture.info.get("icc_profile"))


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height by the header. Raises UnreadableImage."""
    return _open(data).size


def decode(data: bytes, *, long_side: int | None = None) -> Image:
    """The picture as RGB, on white where it was transparent, its longer side exactly `long_side` px where given.

    Raises UnreadableImage.
    """
    from PIL.Image import Resampling

    picture = _open(data)
    size = picture.size if long_side is None else _fit(picture.size, long_side)
    picture.draft(None, size)  # a JPEG then decodes at 1/2, 1/4 or 1/8, never below `size`
    _load(picture)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    picture = _opaque(picture)
    if picture.size != size:
        # Draft has averaged already; Hamming does the rest in a third of Lanczos's time.
        enlarged = max(size) > max(picture.size)
        resampling = Resampling.LANCZOS if enlarged else Resampling.HAMMING
        picture = picture.resize(size, resampling, reducing_gap=2.0)
    picture = _in_srgb(picture, profile)
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info = {}  # else an encoder writes the comment and the profile again
    return picture


def decode_with_alpha(data: bytes) -> Image:
    """The picture as RGBA, upright and in sRGB, as large as it is: for watermarks. Raises UnreadableImage."""
    picture = _open(data)
    _load(picture)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    colours, alpha = _parted(picture)
    picture = _in_srgb(colours, profile)
    picture.putalpha(255 if alpha is None else alpha)
    return picture if turn is None else picture.transpose(turn)


@cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB, the same bytes every time."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[36:]  # ICC.1:2022 §7.2.8, date of creation


def _open(data: bytes) -> Image:
    """Open `data` by its content, with the one plugin for it. Raises UnreadableImage.

    Not by `Image.open`: it imports all of Pillow's plugins for a WebP, and reads a JPEG with an MPF index as a set of
    pictures, by offsets that the file's sender chooses.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow refuses at twice this and warns below, so the rest is refused here
    try:
        picture = _plugin(data)(BytesIO(data))
    except (*_BROKEN, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImage("not a JPEG, PNG or WebP picture that can be read") from error
    if picture.width * picture.height > MAX_PIXELS:
        raise UnreadableImage(f"more than {MAX_PIXELS:,} pixels")
    if picture.format == "PNG" and data[_BIT_DEPTH] == 16 and "transparency" in picture.info:
        picture.info["transparency"] = _high(picture.info["transparency"])
    return picture


def _plugin(data: bytes) -> type[ImageFile]:
    """Return Pillow's reader for the format of `data`. Raises UnreadableImage for any other than the three."""
    if data.startswith(b"\xff\xd8\xff"):
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    raise UnreadableImage("not a JPEG, PNG or WebP picture")


def _load(picture: Image) -> None:
    try:
        picture.load()
    except _BROKEN as error:
        raise UnreadableImage("the picture is cut off or damaged") from error


def _fit(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    scale = long_side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _turn(picture: Image) -> Transpose | None:
    from PIL.Image import Transpose

    orientation = 1
    with suppress(Exception):  # Pillow's EXIF parser raises anything; a broken block must not cost the picture
        orientation = picture.getexif().get(_ORIENTATION, 1)
    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)


def _high(sample: int | tuple[int, ...]) -> int | tuple[int, ...]:
    """The transparent grey or colour as the 16-bit picture shows it once it is loaded: by its high bytes."""
    return sample >> 8 if isinstance(sample, int) else tuple(each >> 8 for each in sample)


def _eight_bit(picture: Image) -> Image:
    """16-bit grey by its high byte: Pillow's own conversion clips at 255, which leaves white."""
    from PIL import Image

    if picture.mode != "I;16":
        return picture
    grey = Image.frombytes("L", picture.size, picture.tobytes()[1::2])
    grey.info = picture.info
    return grey


def _parted(picture: Image) -> tuple[Image, Image | None]:
    """Its colours as L, RGB or CMYK, and its alpha where it has one."""
    picture = _eight_bit(picture)
    if picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in ("1", "L", "LA") else "RGBA")
        return picture.convert("L" if picture.mode == "LA" else "RGB"), picture.getchannel("A")
    if picture.mode == "1":
        return picture.convert("L"), None
    return (picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")), None


def _opaque(picture: Image) -> Image:
    """As L, RGB or CMYK, alpha flattened on white."""
    from PIL import Image

    colours, alpha = _parted(picture)
    if alpha is None:
        return colours
    paper = Image.new(colours.mode, colours.size, "white")
    paper.paste(colours, mask=alpha)
    return paper


def _in_srgb(picture: Image, profile: bytes | None) -> Image:
    """From the embedded profile; as it is where there is none, or where the profile does not fit the picture."""
    from PIL import ImageCms

    if profile:
        with suppress(OSError, ImageCms.PyCMSError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                target = ImageCms.ImageCmsProfile(BytesIO(srgb_profile()))
                converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
                assert converted is not None  # None is for inPlace only
                return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")
