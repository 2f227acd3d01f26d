"""Test images and colour profiles, built in memory."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

Colour = tuple[int, int, int]


def encode_image(picture: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, image_format, **options)
    return out.getvalue()


def open_image(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


def colour_at(data: bytes, x: float, y: float) -> Colour:
    """`x` and `y` as shares of width and height."""
    picture = open_image(data).convert("RGB")
    red, green, blue = picture.crop(_pixel(picture, x, y)).tobytes()
    return red, green, blue


def is_close(one: Colour, other: Colour, tolerance: int = 14) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def _pixel(picture: Image.Image, x: float, y: float) -> tuple[int, int, int, int]:
    left, top = int(x * picture.width), int(y * picture.height)
    return left, top, left + 1, top + 1


def sixteen_bit_png(width: int, *samples: int, transparent: tuple[int, ...] = ()) -> bytes:
    """One row of grey, or of colours where there are three samples a pixel, of which one is transparent: Pillow cannot
    write it."""
    kind = {1: 0, 3: 2}[len(samples) // width]  # PNG, table 11.1
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, 1, 16, kind, 0, 0, 0))]
    if transparent:
        chunks.append((b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)))
    chunks += [(b"IDAT", zlib.compress(b"\0" + struct.pack(f">{len(samples)}H", *samples))), (b"IEND", b"")]
    body = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


# Colour profiles that show whether they were used. ICC.1:2022 §7.2 (header), §10.6 (curve), §10.10 (lut8), §10.31 (XYZ).


def rgb_profile_with_red_and_blue_swapped() -> bytes:
    red, green, blue = (0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    colorants = {b"rXYZ": _xyz(blue), b"gXYZ": _xyz(green), b"bXYZ": _xyz(red)}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma(2.2))
    return _profile(b"mntr", b"RGB ", b"XYZ ", colorants | curves)


_SRGB_COLORANTS = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
"""The primaries of IEC 61966-2-1, adapted to D50."""


def srgb_named(gamma: float) -> bytes:
    """A profile with the name and primaries of sRGB, but another curve."""
    tags = {name: _xyz(values) for name, values in _SRGB_COLORANTS.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma(gamma))
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags, name=b"sRGB")


def srgb_curves_named_test() -> bytes:
    """A profile that has the curves and primaries of sRGB and another name. ICC.1:2022 §10.18, type 3."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {name: _xyz(values) for name, values in _SRGB_COLORANTS.items()}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def linear_grey_profile() -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(1.0)})


def cmyk_profile_whose_cyan_is_red() -> bytes:
    white, red = bytes((255, 128, 128)), bytes((135, 208, 195))  # Lab, 8 bit: §10.10
    corners = [red if corner == 0b1000 else white for corner in range(16)]
    identity = struct.pack(">9i", *(65536 if row == column else 0 for row in range(3) for column in range(3)))
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4 + b"".join(corners) + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes], name: bytes = b"test") -> bytes:
    description = b"desc" + bytes(4) + struct.pack(">I", 5) + name + b"\0" + bytes(78)
    tags = {b"desc": description, b"wtpt": _xyz((0.9642, 1.0, 0.8249)), b"cprt": b"text" + bytes(5)} | tags
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content
    head = struct.pack(">II", offset + len(body), 0) + b"\x02\x40\0\0" + kind + space + connection
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += _fixed(0.9642, 1.0, 0.8249)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + body


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))
