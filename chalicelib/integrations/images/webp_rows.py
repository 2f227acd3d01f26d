"""Whether a WebP's picture ends in zeros that belong to no row: the unwritten end of a file.

libwebp refuses a file that is cut off, but decodes zeros to flat rows. The zeros that a flat picture needs are not
surplus: without them, libwebp refuses the file.
"""

from __future__ import annotations

import struct

_ZEROS = 64
"""Bytes of zeros at the end of a picture that are not examined."""


def without_last_zeros(data: bytes) -> bytes | None:
    """Return the file with `_ZEROS` bytes of zeros less in its picture; None if the picture does not end in so many."""
    position = 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        if kind in (b"VP8 ", b"VP8L"):
            content = data[position + 8 : position + 8 + length]
            if len(content) - len(content.rstrip(b"\0")) <= _ZEROS:
                return None
            shorter = content[: (length - _ZEROS) // 2 * 2]
            pieces = (data[12:position], kind, struct.pack("<I", len(shorter)), shorter)
            body = b"WEBP" + b"".join(pieces)
            return b"RIFF" + struct.pack("<I", len(body)) + body
        position += 8 + length + length % 2
    return None
