"""What we make of pictures, by Pillow: the watermarked preview and the print file. Encoded bytes in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from chalicelib.integrations.image_decoding import (
    UnreadableImage,
    decode,
    decode_with_alpha,
    srgb_profile,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Mark", "UnreadableImage", "preview", "print_file"]

Size = tuple[int, int]
"""Width and height in pixels."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels; may fall between them."""

PREVIEW_QUALITY = 85
PRINT_QUALITY = 92
PRINT_DPI = 300


@dataclass(frozen=True)
class Mark:
    """A watermark: its picture, 0.0 to 1.0 times its own alpha, and where it lies."""

    image: bytes
    opacity: float
    place: Callable[[Size, Size], tuple[int, int, int, int]]
    """From the picture's and the mark's size to left, top, width and height, inside the picture."""


def preview(picture: bytes, *, long_side: int, mark: Mark | None = None) -> bytes:
    """A JPEG of `picture`, its longer side `long_side` px, under the watermark. Raises UnreadableImage."""
    image = decode(picture, long_side=long_side)
    if mark is not None:
        _put(mark, image)
    out = BytesIO()
    image.save(out, "JPEG", quality=PREVIEW_QUALITY)
    return out.getvalue()


def print_file(picture: bytes, *, size: Size, crop: Callable[[Size, Size], Box], content_type: str) -> bytes:
    """`picture` at exactly `size`, sharpened, 300 dpi, tagged sRGB, as `image/jpeg` or `image/png`.

    `crop(source, target)` gives the part of the picture that fills the print. Raises UnreadableImage, and ValueError
    for another content type.
    """
    if content_type not in ("image/jpeg", "image/png"):
        raise ValueError(f"no print file of type {content_type!r}")
    image = _enlarge(decode(picture), size, crop)
    if content_type == "image/png":
        from chalicelib.integrations import image_png

        return image_png.encode(image, dpi=PRINT_DPI, icc_profile=srgb_profile())
    out = BytesIO()
    dpi = (PRINT_DPI, PRINT_DPI)
    image.save(out, "JPEG", quality=PRINT_QUALITY, subsampling="4:4:4", dpi=dpi, icc_profile=srgb_profile())
    return out.getvalue()


def _put(mark: Mark, image: Image) -> None:
    """Touches the mark's rectangle only: a layer as large as the picture would cost four times its memory."""
    from PIL.Image import Resampling

    stamp = decode_with_alpha(mark.image)
    left, top, width, height = mark.place(image.size, stamp.size)
    stamp = stamp.resize((width, height), Resampling.LANCZOS, reducing_gap=3.0)
    alpha = stamp.getchannel("A").point([round(value * mark.opacity) for value in range(256)])
    image.paste(stamp.convert("RGB"), (left, top), alpha)


def _enlarge(source: Image, size: Size, crop: Callable[[Size, Size], Box]) -> Image:
    """As YCbCr, which both encoders take. Sharpening luma alone costs a third and puts no colour on edges.

    The mask is twice the picture minus its 3 x 3 Gaussian, a quarter of the time of Pillow's UnsharpMask; it has no
    threshold. The source and each of its planes go as soon as they are used: a third of the memory.
    """
    from PIL import Image, ImageFilter

    box = crop(source.size, size)
    planes = list(source.convert("YCbCr").split())
    del source
    for number in range(len(planes)):
        planes[number] = planes[number].resize(size, Image.Resampling.LANCZOS, box=box)
    planes[0] = planes[0].filter(ImageFilter.Kernel((3, 3), (-1, -2, -1, -2, 28, -2, -1, -2, -1)))
    return Image.merge("YCbCr", planes)
