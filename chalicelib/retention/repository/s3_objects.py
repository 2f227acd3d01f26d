"""Objects of the buckets by folder: listed, judged, removed, and exports written piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import aws, config
from chalicelib.kit.data_policy import Bucket

LISTED = 500
PIECE = 8 * 1024 * 1024
"""Bytes of a part: an upload has at most 10,000 parts, each but the last of 5 MiB or more (S3, multipart limits)."""


def bucket_name(bucket: Bucket) -> str:
    """The bucket's name in this stage."""
    settings = config.settings()
    return settings.images_bucket if bucket is Bucket.IMAGES else settings.archive_bucket


def address(text: str) -> str:
    """`text`, if it is `s3://bucket/key`; else of the images bucket's key that it is."""
    return text if text.startswith("s3://") else storage.address(config.settings().images_bucket, text)


def read_text(url: str) -> str | None:
    """An object's text; None where there is no such object."""
    try:
        return storage.get(url).decode("utf-8", "replace")
    except storage.NoSuchObject:
        return None


def page(bucket: str, folder: str, after: str = "") -> tuple[list[str], bool]:
    """Some keys of a folder, in order, those after `after`; and whether there are more."""
    start = {"StartAfter": after} if after else {}
    answer = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=LISTED, **start)
    keys = [found["Key"] for found in answer.get("Contents", ())]
    return keys, bool(keys and answer.get("IsTruncated"))


def iterate(bucket: str, folder: str) -> Iterator[str]:
    """Every key of a folder, in order."""
    after, more = "", True
    while more:
        keys, more = page(bucket, folder, after)
        yield from keys
        after = keys[-1] if keys else ""


def remove(url: str) -> None:
    """Remove an object; nothing happens where there is none."""
    storage.delete(url)


def delete(bucket: str, keys: list[str]) -> None:
    """Remove objects, at most 1000. Raises RuntimeError where S3 keeps one."""
    if not keys:
        return
    asked = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    answer = aws.client("s3").delete_objects(Bucket=bucket, Delete=asked)
    if answer.get("Errors"):
        raise RuntimeError(f"S3 kept {len(answer['Errors'])} objects: {answer['Errors'][0].get('Code')}")


def chunks(url: str) -> Iterator[bytes]:
    """An object's bytes, piece by piece; nothing where there is no such object."""
    bucket, key = storage.parts(url)
    client = aws.client("s3")
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
    except client.exceptions.NoSuchKey:
        return
    yield from body.iter_chunks(256 * 1024)


class Upload:
    """A file that is written from its start to its end, a part at a time; it appears whole, or not at all."""

    def __init__(self, bucket: str, key: str, content_type: str) -> None:
        self._where = {"Bucket": bucket, "Key": key}
        self._id = aws.client("s3").create_multipart_upload(**self._where, ContentType=content_type)["UploadId"]
        self._held = bytearray()
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        """Add bytes; what fills a part is sent."""
        self._held += data
        while len(self._held) >= PIECE:
            self._send(bytes(self._held[:PIECE]))
            del self._held[:PIECE]
        return len(data)

    def flush(self) -> None:
        """Nothing: a part has a least size."""

    def complete(self) -> None:
        """Let the file appear."""
        if self._held or not self._parts:
            self._send(bytes(self._held))
        aws.client("s3").complete_multipart_upload(
            **self._where, UploadId=self._id, MultipartUpload={"Parts": self._parts}
        )

    def abandon(self) -> None:
        """Drop what was sent. One whose process dies is dropped by the bucket after a day."""
        aws.client("s3").abort_multipart_upload(**self._where, UploadId=self._id)

    def _send(self, data: bytes) -> None:
        number = len(self._parts) + 1
        answer = aws.client("s3").upload_part(**self._where, UploadId=self._id, PartNumber=number, Body=data)
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
