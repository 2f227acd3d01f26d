"""Decode untrusted pictures safely with Pillow: upright, in sRGB, without alpha and metadata.

Pillow is imported inside functions, because its plugins take 55 ms to import.
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
"""Maximum number of pixels to decode. It also applies to pictures that passed image validation."""

_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_BIT_DEPTH = 24  # PNG, 11.2.1: offset of this byte in the file
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)  # errors of Pillow's readers


class UnreadableImage(Exception):
    """The bytes are not a complete JPEG, PNG or WebP picture of an allowed size. A retry fails, too."""


def check_decodes(data: bytes) -> None:
    """Decode `data` completely (a JPEG at an eighth of its size), with its EXIF block and colour profile.

    Raises UnreadableImage if it is truncated or damaged. Pillow's `verify` does not detect truncated files.
    """
    picture = _open(data)
    picture.draft(None, (1, 1))
    _load(picture)
    _turn(picture)
    _in_srgb(_opaque(picture.crop((0, 0, 1, 1))), picture.info.get("icc_profile"))


def size_of(data: bytes) -> tuple[int, int]:
    """Read width and height in pixels from the header. Raises UnreadableImage if the header cannot be read."""
    return _open(data).size


def upright_size(data: bytes) -> tuple[int, int]:
    """Read width and height in pixels with the EXIF orientation applied. Raises UnreadableImage as `size_of` does."""
    from PIL.Image import Transpose

    picture = _open(data)
    turned = _turn(picture) in (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90)
    return picture.size[::-1] if turned else picture.size


def decode(data: bytes, *, long_side: int | None = None) -> Image:
    """Decode a picture to RGB, with transparency on white; resize its longer side to exactly `long_side` px if given.

    Raises UnreadableImage if the picture cannot be decoded.
    """
    from PIL.Image import Resampling

    picture = _open(data)
    size = picture.size if long_side is None else _fit(picture.size, long_side)
    picture.draft(None, size)  # decodes a JPEG at 1/2, 1/4 or 1/8, never below `size`
    _load(picture)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    picture = _opaque(picture)
    if picture.size != size:
        # Draft mode has already averaged pixels; Hamming resizes the rest in a third of Lanczos's time.
        enlarged = max(size) > max(picture.size)
        resampling = Resampling.LANCZOS if enlarged else Resampling.HAMMING
        picture = picture.resize(size, resampling, reducing_gap=2.0)
    picture = _in_srgb(picture, profile)
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info = {}  # otherwise an encoder writes the comment and the profile
    return picture


def decode_with_alpha(data: bytes) -> Image:
    """Decode a watermark's picture to RGBA, upright and in sRGB, in its own size.

    Raises UnreadableImage if the picture cannot be decoded.
    """
    picture = _open(data)
    _load(picture)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    colours, alpha = _parted(picture)
    picture = _in_srgb(colours, profile)
    picture.putalpha(255 if alpha is None else alpha)
    return picture if turn is None else picture.transpose(turn)


@cache
def srgb_profile() -> bytes:
    """Return the ICC profile of sRGB, with a fixed creation date so that the bytes are always the same."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[36:]  # ICC.1:2022 §7.2.8, date of creation


def _open(data: bytes) -> Image:
    """Open `data` with the Pillow plugin for its content.

    `Image.open` is not used, because it imports all plugins for a WebP. It also reads a JPEG with an MPF index as a set
    of pictures, at offsets that the sender of the file chooses.

    Raises UnreadableImage if `data` is not a JPEG, PNG or WebP picture, is damaged, or exceeds MAX_PIXELS.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow refuses only twice as many; fewer are refused below
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
    """Return Pillow's reader for the format of `data`. Raises UnreadableImage if it is not JPEG, PNG or WebP."""
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
        raise UnreadableImage("the picture is truncated or damaged") from error


def _fit(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    scale = long_side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _turn(picture: Image) -> Transpose | None:
    from PIL.Image import Transpose

    orientation = 1
    with suppress(Exception):  # Pillow's EXIF parser can raise any exception; ignore a damaged block
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
    """Convert the transparent grey or colour of a 16-bit picture to 8 bits by its high byte, as Pillow's loader does."""
    return sample >> 8 if isinstance(sample, int) else tuple(each >> 8 for each in sample)


def _eight_bit(picture: Image) -> Image:
    """Convert 16-bit grey to 8 bits by its high byte. Pillow's own conversion clips at 255 and returns white."""
    from PIL import Image

    if picture.mode != "I;16":
        return picture
    grey = Image.frombytes("L", picture.size, picture.tobytes()[1::2])
    grey.info = picture.info
    return grey


def _parted(picture: Image) -> tuple[Image, Image | None]:
    """Split a picture into its colours (L, RGB or CMYK) and its alpha channel; None if it has no alpha."""
    picture = _eight_bit(picture)
    if picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in ("1", "L", "LA") else "RGBA")
        return picture.convert("L" if picture.mode == "LA" else "RGB"), picture.getchannel("A")
    if picture.mode == "1":
        return picture.convert("L"), None
    return (picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")), None


def _opaque(picture: Image) -> Image:
    """Convert a picture to L, RGB or CMYK, with transparency on white."""
    from PIL import Image

    colours, alpha = _parted(picture)
    if alpha is None:
        return colours
    paper = Image.new(colours.mode, colours.size, "white")
    paper.paste(colours, mask=alpha)
    return paper


def _in_srgb(picture: Image, profile: bytes | None) -> Image:
    """Convert a picture to sRGB (mode RGB) by its embedded ICC profile.

    The profile is ignored if it is missing, damaged, or not suitable for the picture's mode.
    """
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
