"""PNG and WebP files of every kind, as lists of chunks."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

WIDTH, HEIGHT = 19, 11
PNG_KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16)]
PNG_KINDS += [(6, 8), (6, 16)]
"""Colour type and bit depth, PNG table 11.1."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row, and their steps, of each pass: PNG 8.2."""


def png(colour_type: int, depth: int, *, interlaced: bool = False, transparent: bool = False) -> list[bytes]:
    """A black picture in chunks, the signature first."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, interlaced)
    chunks = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"gAMA", struct.pack(">I", 45_455))]
    if colour_type == 3:
        chunks.append(chunk(b"PLTE", bytes(range(3 * 2))))
    if transparent:
        chunks.append(chunk(b"tRNS", {0: bytes(2), 2: bytes(6), 3: b"\0"}[colour_type]))
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = b""
    for left, top, across, down in passes:
        width, height = -((left - WIDTH) // across), -((top - HEIGHT) // down)
        rows += (b"\0" + bytes(-(-width * depth * _CHANNELS[colour_type] // 8))) * height
    packed = zlib.compress(rows)
    half = len(packed) // 2
    return [*chunks, chunk(b"IDAT", packed[:half]), chunk(b"IDAT", packed[half:]), chunk(b"IEND", b"")]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def webp(mode: str, *, lossless: bool, extended: bool) -> list[bytes]:
    """A picture in chunks, the RIFF header first."""
    out = BytesIO()
    more = {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0", "icc_profile": b"not a profile"} if extended else {}
    Image.new(mode, (WIDTH, HEIGHT)).save(out, "WEBP", lossless=lossless, **more)
    data, pieces, position = out.getvalue(), [out.getvalue()[:12]], 12
    while position < len(data):
        length = struct.unpack_from("<I", data, position + 4)[0]
        pieces.append(data[position : position + 8 + length + length % 2])
        position += len(pieces[-1])
    return pieces
