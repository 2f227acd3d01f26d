"""An object of S3 as a file that can be read from any position, so that only one range is in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator

from chalicelib.integrations import storage
from chalicelib.kit import aws

RANGE_BYTES = 4 * 1024 * 1024
"""The size of the range of a request, in bytes."""


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
        byte_range = f"bytes={self._position}-{end - 1}"
        answer = aws.client("s3").get_object(Bucket=self._bucket, Key=self._key, Range=byte_range)
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


def iterate_blocks(url: str, start: int, facts: storage.ObjectFacts) -> Iterator[bytes]:
    """Yield the bytes of an object from `start` on, RANGE_BYTES at once. Raises ObjectChanged if it was replaced."""
    from botocore.exceptions import ClientError

    bucket, key = storage.parts(url)
    for position in range(start, facts.byte_size, RANGE_BYTES):
        byte_range = f"bytes={position}-{min(position + RANGE_BYTES, facts.byte_size) - 1}"
        try:
            answer = aws.client("s3").get_object(Bucket=bucket, Key=key, Range=byte_range, IfMatch=facts.etag)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412):
                raise storage.ObjectChanged(url) from error
            raise
        yield answer["Body"].read()
