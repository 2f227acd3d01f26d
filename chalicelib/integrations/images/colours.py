"""Convert decoded pictures to sRGB, with transparency on white."""

from __future__ import annotations

import struct
from contextlib import suppress
from functools import cache
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsTransform

_TOLERANCE = 2
"""Largest difference (0 to 255) between colours of a profile and of sRGB at which the profile counts as sRGB."""


@cache
def srgb_profile() -> bytes:
    """Return the ICC profile of sRGB, with a fixed creation date so that the bytes are always the same."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[36:]  # ICC.1:2022 §7.2.8, date of creation


def split_alpha(picture: Image, key_alpha: Image | None) -> tuple[Image, Image | None]:
    """Split a picture into its colours (L, RGB or CMYK) and its alpha channel; None if it has no alpha.

    `key_alpha` is the alpha channel of the file's transparent colour, None if it has no such colour.
    """
    picture = _eight_bit(picture)
    if key_alpha is None and picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in ("1", "L", "LA") else "RGBA")
        return picture.convert("L" if picture.mode == "LA" else "RGB"), picture.getchannel("A")
    if picture.mode == "1":
        return picture.convert("L"), key_alpha
    return (picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")), key_alpha


def flatten_alpha(picture: Image, key_alpha: Image | None) -> Image:
    """Convert a picture to L, RGB or CMYK, with transparency on white; `key_alpha` as in `split_alpha`."""
    from PIL import Image

    colours, alpha = split_alpha(picture, key_alpha)
    if alpha is None:
        return colours
    paper = Image.new(colours.mode, colours.size, "white")
    paper.paste(colours, mask=alpha)
    return paper


def convert_to_srgb(picture: Image, profile: bytes | None) -> Image:
    """Convert a picture to sRGB (mode RGB) by its embedded ICC profile.

    The profile is ignored if it is missing, damaged, not suitable for the picture's mode, or equal to sRGB. Its curves
    and primaries decide whether it is sRGB; its name does not.
    """
    from PIL import ImageCms

    if profile:
        with suppress(OSError, ImageCms.PyCMSError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.ImageCmsProfile(BytesIO(srgb_profile()))
            transform = ImageCms.buildTransform(source, target, picture.mode, "RGB")
            if picture.mode != "RGB" or not _changes_nothing(transform):
                converted = ImageCms.applyTransform(picture, transform)
                assert converted is not None  # None is for inPlace only
                return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _changes_nothing(transform: ImageCmsTransform) -> bool:
    """Return whether sample colours stay the same: greys test the curves, mixed colours the primaries."""
    from PIL import Image, ImageChops, ImageCms

    greys = bytes(level for level in range(256) for _ in range(3))
    mixed = bytes(level for colour in product(range(0, 256, 51), repeat=3) for level in colour)
    samples = Image.frombytes("RGB", ((len(greys) + len(mixed)) // 3, 1), greys + mixed)
    converted = ImageCms.applyTransform(samples, transform)
    assert converted is not None  # None is for inPlace only
    return max(ImageChops.difference(samples, converted).tobytes()) <= _TOLERANCE


def _eight_bit(picture: Image) -> Image:
    """Convert 16-bit grey to 8 bits by its high byte. Pillow's own conversion clips at 255 and returns white."""
    from PIL import Image

    if picture.mode != "I;16":
        return picture
    grey = Image.frombytes("L", picture.size, picture.tobytes()[1::2])
    grey.info = picture.info
    return grey
