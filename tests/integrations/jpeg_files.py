"""JPEG files built byte by byte, with any frame type (ITU-T T.81), as a list of segments."""

from __future__ import annotations

import struct
from dataclasses import dataclass

FRAME_TYPES = [0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15]
"""n of SOFn; 4, 8 and 12 are other markers."""
ADMITTED = [0, 1, 2]
LOSSLESS, PROGRESSIVE = {3, 7, 11, 15}, {2, 6, 10, 14}
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True)
class Picture:
    """A flat grey, as small as its data can be: each Huffman table has the one code `0`."""

    frame_type: int
    width: int = 48
    height: int = 32
    components: int = 1
    precision: int = 8
    sampling: int = 0x11
    """Of the first component; the others have 1 x 1."""

    def frame(self) -> bytes:
        sampling = [self.sampling] + [0x11] * (self.components - 1)
        content = struct.pack(">BHHB", self.precision, self.height, self.width, self.components)
        content += b"".join(bytes((number + 1, factor, 0)) for number, factor in enumerate(sampling))
        return segment(0xC0 + self.frame_type, content)

    def scans(self) -> list[bytes]:
        """Return the scans, each a header with its coded data."""
        everything = list(range(1, self.components + 1))
        if self.frame_type in LOSSLESS:
            return [scan(everything, (1, 0, 0)), bytes(self.width * self.height * self.components // 8 + 8)]
        blocks = bytes(self.blocks() * 2 // 8 + 8)  # a bit for DC, a bit for the end of the block
        if self.frame_type in PROGRESSIVE:
            pieces = [scan(everything, (0, 0, 0)), blocks]
            for component in everything:
                pieces += [scan([component], (1, 63, 0)), blocks]
            return pieces
        return [scan(everything, (0, 63, 0)), blocks]

    def blocks(self) -> int:
        across, down = (self.sampling >> 4, self.sampling & 15) if self.components > 1 else (1, 1)
        units = -(-self.width // (8 * across)) * -(-self.height // (8 * down))
        return units * (across * down + self.components - 1)

    def segments(self) -> list[bytes]:
        """Return the file in segments; joining the first ones gives a truncated file."""
        tables = [segment(0xDB, b"\0" + bytes([1] * 64)), segment(0xC4, huffman(0x00)), segment(0xC4, huffman(0x10))]
        start = [SOI, segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xFE, b"made for a test")]
        return [*start, *tables, self.frame(), *self.scans(), EOI]

    def data(self) -> bytes:
        return b"".join(self.segments())


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def huffman(destination: int) -> bytes:
    """A table with one code of one bit for the value 0: no difference, or the end of the block."""
    return bytes((destination, 1, *[0] * 15, 0))


def scan(components: list[int], selection: tuple[int, int, int]) -> bytes:
    start, end, approximation = selection
    chosen = b"".join(bytes((component, 0)) for component in components)
    return segment(0xDA, bytes((len(components),)) + chosen + bytes((start, end, approximation)))
