"""JPEG files split into pieces: the header, and the scans with their coded data.

Stray bytes between segments are skipped as libjpeg skips them; Pillow's header reader refuses some of them. The pieces
end at the first picture's end marker: a phone's second picture (depth, gain map, video) is not read. Source: ITU-T
T.81, Annex B.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

START, END = b"\xff\xd8", b"\xff\xd9"
PADDING = b"\xff\x00" * 8
"""64 bits of ones, a code that no Huffman table has (T.81, C.2).

libjpeg reads up to 57 bits ahead. Without the padding, it stops before the last rows of a file without an end marker.
"""

_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SCAN, _HUFFMAN_TABLES = 0xDA, 0xC4
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_ALONE = frozenset({0xD8, *range(0x01, 0xC0)})
"""A second start marker and the reserved markers: readers differ on the bytes that follow them."""
_MAX_SEGMENTS = 5_000


class MalformedJpeg(ValueError):
    """The bytes are not a JPEG with one Huffman-coded frame and at least one scan."""


@dataclass(frozen=True)
class Scan:
    """A scan: its tables and header, its coded data with restart markers, and the coefficients that it contains."""

    head: bytes
    body: bytes
    components: tuple[int, ...]
    first: int
    last: int
    """First and last coefficient in zigzag order; 0 is the DC coefficient. A sequential scan has 0 and 63."""
    bits_left: int
    """Number of low bits of the coefficients that later scans contain; 0 in a sequential scan."""


@dataclass(frozen=True)
class Jpeg:
    """The pieces of a JPEG file up to its end marker."""

    header: bytes
    components: tuple[int, ...]
    scans: Sequence[Scan]
    has_end: bool

    @property
    def is_single_scan(self) -> bool:
        """Whether one scan has all data, so that libjpeg decodes row by row. It collects several scans in memory first."""
        return len(self.scans) == 1 and self.scans[0].last == 63 and self.scans[0].components == self.components

    def joined(self) -> bytes:
        """Return the file without stray bytes. A single scan gets no end marker, so that a decoder reports missing rows."""
        pieces = [self.header, *(piece for each in self.scans for piece in (each.head, each.body))]
        return b"".join((*pieces, PADDING if self.is_single_scan else END))


def split(data: bytes) -> Jpeg:
    """Split a JPEG file into its pieces.

    Raises MalformedJpeg if it has no frame or no scan, if it ends after a scan's tables, or if it has a reserved marker.
    """
    position, marker, head, header, has_end = len(START), 0, [START], b"", False
    components: tuple[int, ...] = ()
    scans: list[Scan] = []
    for _ in range(_MAX_SEGMENTS):
        match = _MARKER.search(data, position)
        if match is None or match[1] == END[1:]:
            has_end = match is not None
            break
        marker, content_at = match[1][0], match.end() + 2
        if marker in _ALONE:
            raise MalformedJpeg(f"marker {marker:02X}")
        position = match.end() + max(2, int.from_bytes(data[match.end() : content_at]))
        head.append(data[match.start() : position])
        if marker in _FRAMES:
            components = tuple(data[content_at + 6 : position : 3])
        if marker == _SCAN:
            if not scans:
                header, head = b"".join(head[:-1]), head[-1:]
            following = _MARKER.search(data, position)
            body = data[position : following.start() if following else len(data)].rstrip(b"\xff")  # fill bytes
            scans.append(_scan(b"".join(head), body, data[content_at:position]))
            position, head = position + len(body), []
    if not (components and scans) or marker == _HUFFMAN_TABLES:
        raise MalformedJpeg("no frame, or no scan, or none for the last tables")
    return Jpeg(header, components, scans, has_end)


def _scan(head: bytes, body: bytes, content: bytes) -> Scan:
    """Read a scan's header, T.81 B.2.3. Raises MalformedJpeg if it is cut off."""
    names = 1 + 2 * content[0] if content else 0
    if len(content) < names + 3:
        raise MalformedJpeg("a scan's header is cut off")
    return Scan(head, body, tuple(content[1:names:2]), content[names], content[names + 1], content[names + 2] & 15)
