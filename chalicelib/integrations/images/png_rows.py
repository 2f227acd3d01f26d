"""Check whether a PNG has the data of all its rows. Pillow accepts a short, well-formed zlib stream and leaves rows black.

Source: PNG 3rd edition, §5.3 (chunks), §8.2 (interlacing), §9.2 (a filter byte before each row), §11.2.1 (IHDR).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_PIECE = 1 << 20
"""Bytes that are decompressed at a time."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, column step and row step of each pass."""


def has_all_rows(data: bytes) -> bool:
    """Return whether the compressed data of a PNG, which Pillow has decoded, contains all rows.

    zlib verifies its checksum at the end of the stream. If the end is missing, the data must not be longer than the rows,
    because zeros in place of the rest of a file also decompress to bytes.
    """
    expected = _byte_count(data)
    count, decompress = 0, zlib.decompressobj()
    try:
        for content in _contents(data):
            remaining = content
            while remaining and count <= expected + _PIECE and not decompress.eof:
                count += len(decompress.decompress(remaining, _PIECE))
                remaining = decompress.unconsumed_tail
        if not (decompress.eof or decompress.unconsumed_tail):
            count += len(decompress.flush())
    except zlib.error:
        return False
    return count >= expected if decompress.eof else count == expected


def _byte_count(data: bytes) -> int:
    """Return the number of bytes of all rows, each with its filter byte."""
    width, height, depth, colour_type, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    total = 0
    for left, top, across, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * depth * _CHANNELS[colour_type] // 8))
    return total


def _contents(data: bytes) -> Iterator[bytes]:
    """Yield the contents of the IDAT chunks."""
    position = 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            yield data[position + 8 : position + 8 + length]
        position += 12 + length
