"""An object of S3 as a file that can be read from any position, so that only one range is in memory."""

from __future__ import annotations

import io

from chalicelib.integrations import storage
from chalicelib.kit import aws

RANGE_BYTES = 4 * 1024 * 1024
"""Bytes of one request."""


class _ObjectFile(io.RawIOBase):
    """The bytes of an object; each read is one request."""

    def __init__(self, url: str, size: int) -> None:
        super().__init__()
        self._bucket, self._key = storage.parts(url)
        self._size, self._position = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, origin: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[origin]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        wanted = f"bytes={self._position}-{end - 1}"
        answer = aws.client("s3").get_object(Bucket=self._bucket, Key=self._key, Range=wanted)
        data: bytes = answer["Body"].read()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def open_object(url: str) -> io.BufferedReader:
    """Return a file over the object, which is read in ranges of RANGE_BYTES. Raises NoSuchObject if there is none."""
    size = storage.size(url)
    if size is None:
        raise storage.NoSuchObject(url)
    return io.BufferedReader(_ObjectFile(url, size), RANGE_BYTES)
