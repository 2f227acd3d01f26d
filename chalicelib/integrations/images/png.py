"""A fast PNG encoder: filter "up" for every row, then zlib's run-length strategy.

Pillow's encoder tries five filters per row and searches for matches. At 4096 x 4096 it takes over ten times as long,
for a file of about the same size. Source: PNG 3rd edition, §5 (chunks), §9.2 (filter types), §11.3 (iCCP, pHYs).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

STRIP = 128
"""Number of uncompressed rows in memory at a time."""
_FILTER_UP = 2
_TRUECOLOUR = 2


def encode(picture: Image, *, dpi: int | None = None, icc_profile: bytes | None = None) -> bytes:
    """Encode `picture` (any mode that converts to RGB) as an 8-bit RGB PNG.

    The only metadata are the resolution and the ICC profile, if given.
    """
    chunks = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", struct.pack(">IIBBBBB", *picture.size, 8, _TRUECOLOUR, 0, 0, 0))]
    if icc_profile is not None:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile)))
    if dpi is not None:
        per_metre = round(dpi / 0.0254)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    chunks += _pixels(picture)
    chunks.append(_chunk(b"IEND", b""))
    return b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return b"".join(
        (struct.pack(">I", len(content)), kind, content, struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))))
    )


def _pixels(picture: Image) -> list[bytes]:
    from PIL import Image, ImageChops

    width, height = picture.size
    deflate = zlib.compressobj(level=1, memLevel=9, strategy=zlib.Z_RLE)
    last_row = Image.new("RGB", (width, 1))
    chunks = []
    for top in range(0, height, STRIP):
        rows = picture.crop((0, top, width, min(top + STRIP, height))).convert("RGB")
        above = Image.new("RGB", rows.size)
        above.paste(last_row, (0, 0))
        above.paste(rows, (0, 1))
        last_row = rows.crop((0, rows.height - 1, width, rows.height))
        difference = ImageChops.subtract_modulo(rows, above).tobytes()
        # Treat the bytes as a grey image, so that one paste puts the filter's number before each row.
        filtered = Image.new("L", (1 + 3 * width, rows.height), _FILTER_UP)
        filtered.paste(Image.frombuffer("L", (3 * width, rows.height), difference, "raw", "L", 0, 1), (1, 0))
        chunks.append(_chunk(b"IDAT", deflate.compress(filtered.tobytes())))
    chunks.append(_chunk(b"IDAT", deflate.flush()))
    return chunks
