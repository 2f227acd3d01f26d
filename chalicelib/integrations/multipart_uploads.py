"""An object of S3 that is written in parts, so that only one part is in memory."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import aws

PART_BYTES = 8 * 1024 * 1024
"""An upload has at most 10,000 parts of at least 5 MiB, except the last one (S3, multipart limits)."""


class MultipartUpload:
    """A multipart upload, written from start to end. The object appears complete or not at all."""

    def __init__(self, bucket: str, key: str, content_type: str) -> None:
        self._target = {"Bucket": bucket, "Key": key}
        self._id = aws.client("s3").create_multipart_upload(**self._target, ContentType=content_type)["UploadId"]
        self._buffer = bytearray()
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        """Add bytes to the buffer; upload full parts."""
        self._buffer += data
        while len(self._buffer) >= PART_BYTES:
            self._upload_part(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return len(data)

    def flush(self) -> None:
        """Ignore the call of `zipfile`: parts have a minimum size."""

    def complete(self) -> None:
        """Upload the last part and complete the object."""
        if self._buffer or not self._parts:
            self._upload_part(bytes(self._buffer))
        aws.client("s3").complete_multipart_upload(
            **self._target, UploadId=self._id, MultipartUpload={"Parts": self._parts}
        )

    def abort(self) -> None:
        """Abort the upload. After a crash, a lifecycle rule of the archive bucket aborts it after a day."""
        aws.client("s3").abort_multipart_upload(**self._target, UploadId=self._id)

    def _upload_part(self, data: bytes) -> None:
        number = len(self._parts) + 1
        answer = aws.client("s3").upload_part(**self._target, UploadId=self._id, PartNumber=number, Body=data)
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
