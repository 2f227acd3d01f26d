"""S3 objects by folder: list, read and delete them."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.integrations import storage
from chalicelib.kit import aws, config
from chalicelib.kit.data_policy import Bucket

PAGE_SIZE = 500


def bucket_name(bucket: Bucket) -> str:
    """Return the bucket's name in this stage."""
    settings = config.settings()
    return settings.images_bucket if bucket is Bucket.IMAGES else settings.archive_bucket


def address(text: str) -> str:
    """Return `s3://bucket/key` unchanged; return the address in the images bucket for a key."""
    return text if text.startswith("s3://") else storage.address(config.settings().images_bucket, text)


def read_text(url: str) -> str | None:
    """Return an object's text; None if the object does not exist."""
    try:
        return storage.get(url).decode("utf-8", "replace")
    except storage.NoSuchObject:
        return None


def list_page(bucket: str, folder: str, after: str = "") -> tuple[list[str], bool]:
    """Return a page of sorted keys of a folder, after the key `after`, and whether there are more."""
    start = {"StartAfter": after} if after else {}
    answer = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=PAGE_SIZE, **start)
    keys = [entry["Key"] for entry in answer.get("Contents", ())]
    return keys, bool(keys and answer.get("IsTruncated"))


def iterate_keys(bucket: str, folder: str) -> Iterator[str]:
    """Yield every key of a folder, sorted."""
    after, more = "", True
    while more:
        keys, more = list_page(bucket, folder, after)
        yield from keys
        after = keys[-1] if keys else ""


def delete_object(url: str) -> None:
    """Delete an object; does nothing if it does not exist."""
    storage.delete(url)


def delete_keys(bucket: str, keys: list[str]) -> None:
    """Delete at most 1,000 objects. Raises RuntimeError if S3 does not delete one."""
    if not keys:
        return
    request = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    answer = aws.client("s3").delete_objects(Bucket=bucket, Delete=request)
    if answer.get("Errors"):
        raise RuntimeError(f"S3 did not delete {len(answer['Errors'])} objects: {answer['Errors'][0].get('Code')}")


def iterate_chunks(url: str) -> Iterator[bytes]:
    """Yield an object's bytes in chunks; nothing if the object does not exist."""
    bucket, key = storage.parts(url)
    client = aws.client("s3")
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
    except client.exceptions.NoSuchKey:
        return
    yield from body.iter_chunks(256 * 1024)
