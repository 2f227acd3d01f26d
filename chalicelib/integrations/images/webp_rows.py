"""Find zeros at the end of a WebP's picture that belong to no row: an unwritten end of the file.

libwebp refuses a truncated file, but decodes zeros to flat rows. Zeros that a flat picture needs are not surplus:
libwebp refuses the file without them.
"""

from __future__ import annotations

import struct

_ZEROS = 64
"""Bytes of zeros at the end of a picture that are not checked."""


def without_last_zeros(data: bytes) -> bytes | None:
    """Return the file without the last `_ZEROS` zero bytes of its picture; None if it does not end in more zeros."""
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
