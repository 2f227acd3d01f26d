"""PNG files of every colour type and depth with known samples, like PngSuite. Pillow writes few of these types."""

from __future__ import annotations

import struct
import zlib

from tests.integrations.unusual_images import ADAM7, chunk

WIDTH, HEIGHT = 13, 9
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def sample(colour_type: int, depth: int, x: int, y: int) -> tuple[int, ...]:
    """Return the stored samples of a pixel: all differ, and 16-bit samples differ in their low bytes, too."""
    return tuple((x * 2_477 + y * 9_011 + channel * 21_001) % (1 << depth) for channel in range(_CHANNELS[colour_type]))


def encode(colour_type: int, depth: int, *, interlaced: bool = False, key: tuple[int, ...] = ()) -> bytes:
    """Encode the samples; `key` is the transparent grey or colour, or the transparent entry of the palette."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, interlaced)
    chunks = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header)]
    if colour_type == 3:
        chunks.append(chunk(b"PLTE", b"".join(bytes(colour_of_entry(entry)) for entry in range(1 << depth))))
    if key:
        opaque_before = b"\xff" * key[0] + b"\0"
        chunks.append(chunk(b"tRNS", opaque_before if colour_type == 3 else struct.pack(f">{len(key)}H", *key)))
    rows = b""
    for left, top, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        for y in range(top, HEIGHT, down):
            samples = [each for x in range(left, WIDTH, across) for each in sample(colour_type, depth, x, y)]
            bits = "".join(f"{each:0{depth}b}" for each in samples)
            size = -(-len(bits) // 8)
            rows += b"\0" + int(bits.ljust(size * 8, "0"), 2).to_bytes(size)
    return b"".join((*chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")))


def colour_of_entry(entry: int) -> tuple[int, int, int]:
    return entry * 7 % 256, entry * 31 % 256, 255 - entry


def colour(colour_type: int, depth: int, x: int, y: int, key: tuple[int, ...] = ()) -> tuple[int, int, int]:
    """Return the pixel in 8 bits on white paper."""
    stored = sample(colour_type, depth, x, y)
    if stored == key:
        return 255, 255, 255
    if colour_type == 3:
        return colour_of_entry(stored[0])
    levels = [each >> 8 if depth == 16 else each * 255 // ((1 << depth) - 1) for each in stored]
    alpha = levels.pop() if colour_type in (4, 6) else 255
    red, green, blue = (round((each * alpha + 255 * (255 - alpha)) / 255) for each in (levels * 3)[:3])
    return red, green, blue
