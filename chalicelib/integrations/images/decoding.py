"""Decode untrusted pictures safely with Pillow: upright, in sRGB, without alpha and metadata.

Pillow is imported inside functions, because its plugins take 55 ms to import.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from chalicelib.integrations.images import jpeg, jpeg_rows, jpeg_scale, png_rows, webp_rows
from chalicelib.integrations.images.colours import convert_to_srgb, flatten_alpha, split_alpha
from chalicelib.integrations.images.transparency import key_alpha

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 60_000_000
"""Maximum number of pixels to decode. It also applies to pictures that passed image validation."""

_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_XMP = ("xmp", "XML:com.adobe.xmp")
"""Where Pillow looks for an orientation if the EXIF block has none. Browsers do not, and the shopper crops what they show."""
_DAMAGED = "the picture is truncated or damaged"
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)  # errors of Pillow's readers


class UnreadableImage(Exception):
    """The bytes are not a complete JPEG, PNG or WebP picture of an allowed size. A retry fails, too."""


def check_decodes(data: bytes) -> None:
    """Decode `data` completely (a JPEG at an eighth of its size), with its EXIF block and colour profile.

    Raises UnreadableImage if it is damaged or rows are missing. Pillow fills missing rows without an error.
    """
    from PIL import Image

    picture = _open(data)
    if picture.format == "JPEG":
        if not _has_all_rows(data):
            raise UnreadableImage(_DAMAGED)
        pixel = Image.new(picture.mode, (1, 1))
    else:
        _load(picture)
        if not (png_rows.has_all_rows(data) if picture.format == "PNG" else _has_no_surplus(data)):
            raise UnreadableImage(_DAMAGED)
        pixel = picture.crop((0, 0, 1, 1))
    _turn(picture)
    convert_to_srgb(flatten_alpha(pixel, None), picture.info.get("icc_profile"))


def size_of(data: bytes) -> tuple[int, int]:
    """Read width and height in pixels from the header. Raises UnreadableImage if the header cannot be read."""
    return _open(data).size


def upright_size(data: bytes) -> tuple[int, int]:
    """Read width and height in pixels with the EXIF orientation applied. Raises UnreadableImage as `size_of` does."""
    from PIL.Image import Transpose

    picture = _open(data)
    turned = _turn(picture) in (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90)
    return picture.size[::-1] if turned else picture.size


def decode(data: bytes, *, long_side: int | None = None, is_quick: bool = False) -> Image:
    """Decode a picture to RGB, with transparency on white; resize its longer side to `long_side` px if given.

    If `is_quick`, the result of a JPEG may be up to 5 % smaller if libjpeg can decode to such a size, or enlarged by up to
    20 % if that saves decoding four times the pixels. Raises UnreadableImage if the picture cannot be decoded.
    """
    picture = _open(data)
    whole = picture.size
    size = whole if long_side is None else _fit(whole, long_side)
    scale = jpeg_scale.choose(whole, size, is_quick=is_quick) if picture.format == "JPEG" else 1
    box = jpeg_scale.reduce(picture, scale)
    _load(picture)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    picture = flatten_alpha(picture, key_alpha(picture, data))
    if not (is_quick and jpeg_scale.is_near(picture.size, size)):
        picture = _resized(picture, size, box)
    return _upright(picture, profile, turn)


def decode_part(data: bytes, part: tuple[float, float, float, float], long_side: int) -> Image:
    """Decode a part of the upright picture to RGB as `decode` does; reduce it to `long_side` px if it is longer.

    `part` is left, top, width and height in fractions. Only the part is resized, converted and turned: that takes a
    third of the memory of the whole. Raises UnreadableImage if the picture cannot be decoded.
    """
    picture = _open(data)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    left, top, right, bottom = box = _stored_box(picture.size, part, turn)
    whole = right - left, bottom - top
    size = whole if max(whole) <= long_side else _fit(whole, long_side)
    scale = jpeg_scale.choose(whole, size, is_quick=False) if picture.format == "JPEG" else 1
    jpeg_scale.reduce(picture, scale)
    _load(picture)
    picture = flatten_alpha(picture, key_alpha(picture, data))
    if size == whole:
        picture = picture.crop(box)
    else:
        picture = _resized(picture, size, (left / scale, top / scale, right / scale, bottom / scale))
    return _upright(picture, profile, turn)


def _upright(picture: Image, profile: bytes | None, turn: Transpose | None) -> Image:
    """Convert a picture to sRGB, turn it, and drop its metadata."""
    picture = convert_to_srgb(picture, profile)
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info = {}  # otherwise an encoder writes the comment and the profile
    return picture


def _stored_box(
    size: tuple[int, int], part: tuple[float, float, float, float], turn: Transpose | None
) -> tuple[int, int, int, int]:
    """Return the box in a stored picture, in px, that becomes `part` when the picture is turned; at least a pixel."""
    from PIL.Image import Transpose

    left, top, width, height = part
    if turn in (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90):
        left, top, width, height = top, left, height, width
    if turn in (Transpose.FLIP_LEFT_RIGHT, Transpose.ROTATE_180, Transpose.ROTATE_90, Transpose.TRANSVERSE):
        left = 1 - left - width
    if turn in (Transpose.FLIP_TOP_BOTTOM, Transpose.ROTATE_180, Transpose.ROTATE_270, Transpose.TRANSVERSE):
        top = 1 - top - height
    x, y = (max(0, min(round(at * side), side - 1)) for at, side in zip((left, top), size, strict=True))
    right = min(size[0], x + max(1, round(width * size[0])))
    return x, y, right, min(size[1], y + max(1, round(height * size[1])))


def decode_with_alpha(data: bytes) -> Image:
    """Decode a watermark's picture to RGBA, upright and in sRGB, in its own size.

    Raises UnreadableImage if the picture cannot be decoded.
    """
    picture = _open(data)
    _load(picture)
    turn, profile = _turn(picture), picture.info.get("icc_profile")
    colours, alpha = split_alpha(picture, key_alpha(picture, data))
    picture = convert_to_srgb(colours, profile)
    picture.putalpha(255 if alpha is None else alpha)
    return picture if turn is None else picture.transpose(turn)


def _open(data: bytes) -> Image:
    """Open `data` with the Pillow plugin for its content.

    `Image.open` is not used, because it imports all plugins for a WebP. It also reads a JPEG with an MPF index as a set
    of pictures, at offsets that the sender of the file chooses.

    Raises UnreadableImage if `data` is not a JPEG, PNG or WebP picture, is damaged, or exceeds MAX_PIXELS.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow refuses only twice as many; fewer are refused below
    try:
        picture = _plugin(data)(BytesIO(_whole_jpeg(data) if data.startswith(jpeg.START) else data))
    except (*_BROKEN, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImage("not a JPEG, PNG or WebP picture that can be read") from error
    if picture.width * picture.height > MAX_PIXELS:
        raise UnreadableImage(f"more than {MAX_PIXELS:,} pixels")
    return picture


def _plugin(data: bytes) -> type[ImageFile]:
    """Return Pillow's reader for the format of `data`. Raises UnreadableImage if it is not JPEG, PNG or WebP."""
    if data.startswith(jpeg.START):
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
        raise UnreadableImage(_DAMAGED) from error


def _whole_jpeg(data: bytes) -> bytes:
    """Return a JPEG that Pillow can decode: without stray bytes, and with all rows even if the end marker is missing.

    A file with a marker after its start and an end marker is returned unchanged. Its rows are not checked again, because
    `check_decodes` did so at the upload and splitting takes a tenth of the time of a preview. Raises UnreadableImage if
    the end marker and rows are missing.
    """
    if data.startswith(jpeg.START + b"\xff") and data.endswith(jpeg.END):
        return data
    pieces = jpeg.split(data)
    if not (pieces.is_single_scan or pieces.has_end or _has_all_rows(data)):
        raise UnreadableImage(_DAMAGED)
    return pieces.joined()


def _has_all_rows(data: bytes) -> bool:
    try:
        return jpeg_rows.has_all_rows(jpeg.split(data))
    except _BROKEN as error:
        raise UnreadableImage(_DAMAGED) from error


def _has_no_surplus(data: bytes) -> bool:
    """Return whether a WebP needs the zeros at its end to be decoded."""
    shorter = webp_rows.without_last_zeros(data)
    if shorter is None:
        return True
    try:
        _load(_open(shorter))
    except UnreadableImage:
        return True
    return False


def _fit(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    scale = long_side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resized(picture: Image, size: tuple[int, int], box: tuple[float, float, float, float]) -> Image:
    """Resize the part of a picture in `box` to `size`."""
    from PIL.Image import Resampling

    if picture.size == size:
        return picture
    # libjpeg has already averaged pixels; Hamming resizes the rest in a third of Lanczos's time.
    if max(size) <= max(picture.size):
        return picture.resize(size, Resampling.HAMMING, box, reducing_gap=2.0)
    slightly = max(size) <= jpeg_scale.ENLARGEMENT * max(picture.size)
    return picture.resize(size, Resampling.BICUBIC if slightly else Resampling.LANCZOS, box)


def _turn(picture: Image) -> Transpose | None:
    from PIL.Image import Transpose

    orientation = 1
    with suppress(Exception):  # Pillow's EXIF parser can raise any exception; ignore a damaged block
        if picture.format == "PNG" and "exif" not in picture.info:
            picture.load()  # the block may follow the pixels
        for name in _XMP:
            picture.info.pop(name, None)
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
