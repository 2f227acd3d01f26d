"""Image validation that rejects a file whose header declares 10,000 megapixels."""

import struct
import zlib

from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_header import probe
from infra.bench.subjects.measure import report

header = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + bytes(64)


def refuse() -> None:
    assert image_validation.rejection_reason(probe(bomb)) is image_validation.RejectReason.TOO_MANY_PIXELS


report(refuse)
