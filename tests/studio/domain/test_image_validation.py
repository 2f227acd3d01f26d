"""Limits and rejection reasons of uploaded images."""

from __future__ import annotations

import struct
import sys
import tracemalloc
import zlib
from types import FrameType
from typing import Any

import pytest

from chalicelib.studio.domain.image_header import Format, Probe, probe
from chalicelib.studio.domain.image_validation import DETAIL, RejectReason, rejection_reason


def _png_header(width: int, height: int) -> bytes:
    content = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + content + struct.pack(">I", zlib.crc32(content))


def _jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x22\0\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8\xff\xc0" + frame


@pytest.mark.parametrize(
    ("upload", "reason"),
    [
        (Probe(Format.JPEG, 25_000_000, 4000, 3000), None),
        (Probe(Format.JPEG, 25_000_001, 4000, 3000), RejectReason.TOO_MANY_BYTES),
        (Probe(None, 1000), RejectReason.UNSUPPORTED_FORMAT),
        (Probe(Format.JPEG, 1000), RejectReason.UNREADABLE),
        (Probe(Format.WEBP, 1000, 10, 10, frames=2), RejectReason.ANIMATED),
        (Probe(Format.JPEG, 1000, 12_000, 5_000), None),
        (Probe(Format.JPEG, 1000, 12_000, 5_001), RejectReason.TOO_MANY_PIXELS),
        (Probe(Format.JPEG, 1000, 12_001, 10), RejectReason.SIDE_TOO_LONG),
        (Probe(Format.JPEG, 1000, 10, 12_001), RejectReason.SIDE_TOO_LONG),
        (Probe(Format.PNG, 1000, 5_000, 5_000), None),
        (Probe(Format.PNG, 1000, 5_000, 5_001), RejectReason.TOO_MANY_PIXELS),
        (Probe(Format.WEBP, 1000, 5_000, 5_001), RejectReason.TOO_MANY_PIXELS),
        (Probe(Format.PNG, 1000, 1, 1), None),
        (Probe(Format.JPEG, 1000, 10, 10, scans=100), None),
        (Probe(Format.JPEG, 1000, 10, 10, scans=101), RejectReason.TOO_MANY_SCANS),
    ],
)
def test_each_limit_is_inclusive(upload: Probe, reason: RejectReason | None):
    assert rejection_reason(upload) is reason


def test_every_rejection_reason_has_a_text():
    assert set(DETAIL) == set(RejectReason)


def _cost(upload: bytes) -> tuple[RejectReason | None, int, int]:
    """Return the result, the number of executed Python lines, and the peak memory in bytes."""
    lines = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    reason = rejection_reason(probe(upload))
    sys.settrace(before)
    tracemalloc.start()
    rejection_reason(probe(upload))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return reason, lines, peak


MOST_LINES = 100_000
"""About ten milliseconds of work; the inputs below would need millions of lines without a limit."""
_PIXEL_DATA = b"\0\0\0\0IDAT" + bytes(4)


@pytest.mark.parametrize(
    "bomb",
    [
        _png_header(60_000, 60_000) + _PIXEL_DATA + bytes(20_000_000),
        _jpeg_header(65_500, 65_500) + bytes(20_000_000),
        _jpeg_header(12_000, 12_000),
    ],
)
def test_a_decompression_bomb_is_refused_by_its_header(bomb: bytes):
    reason, lines, peak = _cost(bomb)
    assert reason is RejectReason.TOO_MANY_PIXELS
    assert lines < MOST_LINES
    assert peak < 1_000_000


@pytest.mark.parametrize(
    "stuffed",
    [
        _png_header(10, 10) + bytes(20_000_000),
        b"\xff" + b"\xd8" + b"\xff" * 20_000_000,
        b"\xff\xd8" + b"\xff\xe0\0\2" * 5_000_000,
    ],
)
def test_millions_of_empty_segments_are_not_scanned(stuffed: bytes):
    reason, lines, peak = _cost(stuffed)
    assert reason is RejectReason.UNREADABLE
    assert lines < MOST_LINES
    assert peak < 1_000_000


def test_a_pdf_named_jpg_is_rejected():
    assert rejection_reason(probe(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(1000))) is RejectReason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    ("brands", "reason"),
    [
        (b"heic\0\0\0\0mif1heic", RejectReason.HEIC),
        (b"mif1\0\0\0\0miafhevc", RejectReason.HEIC),
        (b"avif\0\0\0\0mif1miaf", RejectReason.UNSUPPORTED_FORMAT),
        (b"", RejectReason.UNSUPPORTED_FORMAT),
    ],
)
def test_a_heic_photo_has_its_own_reject_reason(brands: bytes, reason: RejectReason) -> None:
    data = (8 + len(brands)).to_bytes(4) + b"ftyp" + brands + b"\0\0\0\x08mdatheic"
    assert rejection_reason(probe(data)) is reason
