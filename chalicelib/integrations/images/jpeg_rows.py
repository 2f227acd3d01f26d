"""Check whether a JPEG has the data of all its rows. Pillow hides libjpeg's warnings and fills missing rows with grey.

libjpeg gets the file piece by piece, and after the data of a scan only padding, no marker. If the scan is complete,
libjpeg searches for the next marker and consumes every byte. If it is incomplete, libjpeg needs more bytes for the next
block and leaves some of the padding unused.

Limits: up to 64 missing bits at the end are not detected, nor is damage that decodes to the full number of blocks,
because JPEG has no checksum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from itertools import islice

from chalicelib.integrations.images.jpeg import END, PADDING, Jpeg, Scan

ZEROS = 64
"""Bytes of zeros that may follow a scan. A longer run is an unwritten end of the file, even if the zeros decode to rows."""
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_MAX_INTERVALS = 5_000
"""Maximum number of restart intervals that are checked one by one; a photo has one per row of blocks."""
_PROBES = (PADDING, PADDING[:2], PADDING[:2], PADDING[:2])
"""libjpeg refills its bit buffer by at least five bytes, so it cannot consume one byte in each of two successive calls."""


def has_all_rows(picture: Jpeg) -> bool:
    """Return whether every scan is complete and no component is missing. Raises OSError if libjpeg refuses the file.

    In a progressive picture, the first component (grey or luma) must have all its coefficients. Their last bits may be
    missing if the file has an end marker, because an encoder may omit them.
    """
    if not (_has_all_coefficients(picture) and all(map(_is_in_sequence, picture.scans))):
        return False
    *others, last = picture.scans
    body = last.body.rstrip(b"\0")
    zeros = len(last.body) - len(body)
    if zeros <= ZEROS:
        return _is_complete(picture, picture.scans)
    if _is_complete(picture, [*others, replace(last, body=body)]):
        return True
    fewer = replace(last, body=last.body[:-ZEROS])
    return _is_complete(picture, picture.scans) and not _is_complete(picture, [*others, fewer])


def _has_all_coefficients(picture: Jpeg) -> bool:
    """Return whether the scans contain each coefficient of the first component and the DC of all components."""
    main = picture.components[0]
    bits_left = {
        at: each.bits_left
        for each in picture.scans
        if main in each.components
        for at in range(each.first, each.last + 1)
    }
    if len(bits_left) < 64 or (any(bits_left.values()) and not picture.has_end):
        return False
    with_dc = {component for each in picture.scans if each.first == 0 for component in each.components}
    return with_dc == set(picture.components)


def _is_in_sequence(each: Scan) -> bool:
    """Return whether the restart markers count from 0 to 7 cyclically; a missing interval leaves a gap."""
    return all(match[0] == _restart(number) for number, match in enumerate(_RESTART.finditer(each.body)))


def _restart(number: int) -> bytes:
    """Return the restart marker with this number, counted from 0."""
    return bytes((0xFF, 0xD0 + number % 8))


def _is_complete(picture: Jpeg, scans: Iterable[Scan]) -> bool:
    reader = _Reader(picture)
    for each in scans:
        pieces = _intervals(each.body)
        if not picture.is_single_scan:
            # A complete scan ignores this marker; a scan without its last interval consumes it.
            pieces.append(_restart(sum(1 for _ in _RESTART.finditer(each.body))))
        reader.feed(each.head)
        for piece in pieces:
            reader.feed(piece)
            if any(reader.has_unused_after(probe) for probe in _PROBES):
                return False
    if not picture.is_single_scan:
        reader.feed(END)
    return reader.is_finished


def _intervals(body: bytes) -> list[bytes]:
    """Split a scan's data before each restart marker, unless there are too many."""
    starts = [match.start() for match in islice(_RESTART.finditer(body), _MAX_INTERVALS + 1)]
    if len(starts) > _MAX_INTERVALS:
        return [body]
    return [body[start:end] for start, end in zip([0, *starts], [*starts, len(body)], strict=True)]


class _Reader:
    """Incremental libjpeg decoder at an eighth of the size. Keeps unused bytes for the next call."""

    def __init__(self, picture: Jpeg) -> None:
        from PIL import Image
        from PIL.JpegImagePlugin import JpegImageFile

        opened = JpegImageFile(BytesIO(picture.header + picture.scans[0].head))
        opened.draft(None, (1, 1))
        [(name, extents, _, arguments)] = opened.tile
        self._decoder = Image._getdecoder(opened.mode, name, arguments, opened.decoderconfig)
        self._decoder.setimage(Image.new(opened.mode, opened.size).im, extents)
        self._unused = picture.header
        self.is_finished = False

    def feed(self, data: bytes) -> None:
        """Pass the unused bytes and `data` to libjpeg. Raises OSError if libjpeg reports an error."""
        if self.is_finished:
            return
        self._unused += data
        used, error = self._decoder.decode(self._unused)
        if used < 0:
            self.is_finished = True
            if error < 0:
                raise OSError(f"libjpeg: error {error}")
        self._unused = self._unused[max(0, used) :]

    def has_unused_after(self, padding: bytes) -> bool:
        """Pass padding to libjpeg and return whether it leaves some unused, because the next block is incomplete."""
        self.feed(padding)
        return bool(self._unused) and not self.is_finished
