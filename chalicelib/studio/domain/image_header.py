"""Image headers, read from bytes alone: no decoder, no pixel memory.

Sources: PNG 3rd edition §5 and §11.2 (IHDR, acTL); ITU-T T.81 Annex B (JPEG markers); WebP container specification
(VP8, VP8L, VP8X). The format is the content's, never the file name's or the declared type's.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import StrEnum

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_MAX_BRANDS = 256
"""Bytes of the container's first box that are searched for a brand."""


class Format(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"
    """Recognised only for the reject reason; its size is not read."""


@dataclass(frozen=True)
class Probe:
    """An image header. `format` is None for anything but JPEG, PNG, WebP or HEIC; `width` is 0 if the header cannot be read.

    `is_standard` is False for a JPEG with any frame but one of SOF0, SOF1 or SOF2 with 8 bits a sample.
    """

    format: Format | None
    byte_count: int
    width: int = 0
    height: int = 0
    frames: int = 1
    scans: int = 1
    is_standard: bool = True


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SCAN, _END = 0xDA, b"\xd9"
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
"""The next marker, found as libjpeg finds it (jdmarker.c, next_marker): bytes before an FF, fill bytes, escaped FFs
(FF 00) and restart markers (D0 to D7) are skipped."""
_MAX_STEPS = 5_000
"""Markers or chunks before the picture; a photo has some dozens, a hostile file millions of empty ones."""
# T.81, table B.1. Between the starts of frames lie C4 (Huffman tables) and CC (arithmetic coding).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ADMITTED = frozenset({0xC0, 0xC1, 0xC2})
"""SOF0, SOF1 and SOF2: baseline, extended sequential and progressive DCT, Huffman-coded."""
_EXTENSIONS = frozenset({0xC8, 0xDE, 0xDF, *range(0xF0, 0xFE)})
"""JPG, DHP and EXP (hierarchical pictures), JPG0 to JPG13: libjpeg refuses them, Pillow does not."""
_STRAY = frozenset({0xD8, *range(0x01, 0xC0)})
"""A second start, and reserved markers. Pillow and libjpeg differ on where the next marker is."""


def probe(data: bytes) -> Probe:
    """Read the header of `data`. Never raises: the result shows what could not be read."""
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(PNG_SIGNATURE):
        return Probe(Format.PNG, len(data), *_png_size_and_frames(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Probe(Format.WEBP, len(data), *_webp_size_and_frames(data))
    return Probe(Format.HEIC if _is_heic(data) else None, len(data))


def _is_heic(data: bytes) -> bool:
    """Return whether the ISO container has a HEIC brand."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4]), _MAX_BRANDS)
    return any(data[at : at + 4] in _HEIC_BRANDS for at in range(8, end, 4))


def _jpeg(data: bytes) -> Probe:
    """Read the markers up to the picture's own end.

    In coded data FF is always escaped, and segments state their length: one walk finds every frame that a decoder can
    find. A phone's second picture (depth, HDR gain map, video) follows the end of the first and is not read.
    """
    size: tuple[int, int] | None = None
    scans, is_standard, position = 0, True, 2
    for _ in range(_MAX_STEPS):
        match = _MARKER.search(data, position)
        if match is None or match[1] == _END:
            break
        marker, position = match[1][0], match.end()
        if marker in _EXTENSIONS:
            is_standard = False
        elif marker in _FRAMES:
            is_standard = is_standard and size is None and _is_admitted(marker, data, position)
            size = size or _frame_size(data, position)
        elif marker == _SCAN:
            scans += 1
        if (marker == _SCAN and size is None) or (marker in _STRAY and scans == 0):
            size = None
            break
        if marker not in _STRAY:
            position += max(2, int.from_bytes(data[position : position + 2]))
    else:
        scans = _MAX_STEPS
    return Probe(Format.JPEG, len(data), *(size or (0, 0)), scans=scans, is_standard=is_standard)


def _is_admitted(marker: int, data: bytes, position: int) -> bool:
    """Return whether the frame whose length is at `position` is standard; `_frame_size` handles a truncated one."""
    return marker in _ADMITTED and data[position + 2 : position + 3] in (b"\x08", b"")


def _frame_size(data: bytes, position: int) -> tuple[int, int]:
    """Return width and height of the frame whose length is at `position`; (0, 0) if cut off or without a height."""
    if position + 7 > len(data):
        return 0, 0
    height, width = struct.unpack_from(">HH", data, position + 3)
    return (width, height) if height else (0, 0)


def _png_size_and_frames(data: bytes) -> tuple[int, int, int]:
    if len(data) < 33 or data[8:16] != b"\0\0\0\x0dIHDR":
        return 0, 0, 1
    width, height = struct.unpack_from(">II", data, 16)
    if not (width and height):
        return 0, 0, 1
    position = 33
    for _ in range(_MAX_STEPS):
        if position + 12 > len(data):
            return width, height, 1
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            return width, height, 1
        if kind == b"acTL":
            frames = struct.unpack_from(">I", data, position + 8)[0]
            return width, height, max(2, frames)  # it need not count the still picture
        position += 12 + length
    return 0, 0, 1


def _webp_size_and_frames(data: bytes) -> tuple[int, int, int]:
    kind = data[12:16]
    if len(data) < 30:
        return 0, 0, 1
    if kind == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        return width, height, max(2, data.count(b"ANMF")) if data[20] & 0x02 else 1
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF, 1
    return 0, 0, 1
