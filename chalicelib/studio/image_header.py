"""What a picture's header says about it, read from bytes alone: no decoder, no pixel memory.

Sources: PNG 3rd edition §5 and §11.2 (IHDR, acTL); ITU-T T.81 Annex B (JPEG markers); WebP container specification
(VP8, VP8L, VP8X). The format is the content's, never the file name's or the declared type's.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"


@dataclass(frozen=True)
class Probe:
    """`format` is None for anything but a JPEG, PNG or WebP; `width` is 0 where the header cannot be read."""

    format: Format | None
    byte_count: int
    width: int = 0
    height: int = 0
    frames: int = 1
    scans: int = 1


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SCAN, _END = b"\xda", b"\xd9"
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
"""Any but those that restart coded data (D0 to D7); FF 00 is an escaped FF."""
# Every start-of-frame marker; C4 (Huffman tables), C8 (reserved) and CC (arithmetic coding) lie between them.
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_STEPS = 5_000
"""Markers or chunks before the picture; a photo has some dozens, a hostile file millions of empty ones."""
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xD9)) | {0x01}


def probe(data: bytes) -> Probe:
    """Read the header of `data`. Never raises: what cannot be read shows in the result."""
    if data.startswith(b"\xff\xd8\xff"):
        width, height = _jpeg_size(data)
        # A phone's second picture (depth, HDR gain map, video) follows the end of the first: a JPEG has one frame.
        return Probe(Format.JPEG, len(data), width, height, scans=_jpeg_scans(data))
    if data.startswith(PNG_SIGNATURE):
        return Probe(Format.PNG, len(data), *_png_size_and_frames(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Probe(Format.WEBP, len(data), *_webp_size_and_frames(data))
    return Probe(None, len(data))


def _jpeg_scans(data: bytes) -> int:
    """The scans up to the picture's own end. In coded data FF is always escaped, and segments say how long they are."""
    position, scans = 2, 0
    for _ in range(_MAX_STEPS):
        found = _MARKER.search(data, position)
        if found is None or found[1] == _END:
            return scans
        position = found.end()
        scans += found[1] == _SCAN
        if found[1][0] not in _WITHOUT_LENGTH:
            position += int.from_bytes(data[position : position + 2])
    return _MAX_STEPS


def _jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    for _ in range(_MAX_STEPS):
        if position + 4 > len(data) or data[position] != 0xFF:
            break
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker in _WITHOUT_LENGTH:
            position += 2
        elif marker in _START_OF_FRAME:
            if position + 9 > len(data):
                break
            height, width = struct.unpack_from(">HH", data, position + 5)
            return (width, height) if height else (0, 0)
        elif marker in (0xD9, 0xDA):  # the picture ends or begins before its frame
            break
        else:
            position += 2 + max(2, struct.unpack_from(">H", data, position + 2)[0])
    return 0, 0


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
