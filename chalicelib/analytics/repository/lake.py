"""A tenant's objects in the lake: the day, its parts, the first days of known users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.analytics.domain.lake import day_key, day_prefix, firsts_key
from chalicelib.integrations.parquet import MEDIA_TYPE
from chalicelib.kit import aws, config

_DELETES = 1000
"""The maximum number of keys of one DeleteObjects."""


@dataclass(frozen=True, slots=True)
class LakeFile:
    """An object's content and its version (ETag)."""

    content: bytes
    version: str


def list_day(tenant: str, day: date) -> tuple[bool, list[str]]:
    """Return whether the day has an object, and the keys of its parts, sorted."""
    keys: list[str] = []
    pages = aws.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=config.settings().archive_bucket, Prefix=day_prefix(tenant, day)):
        keys += [entry["Key"] for entry in page.get("Contents", ())]
    united = day_key(tenant, day)
    return united in keys, sorted(key for key in keys if key != united)


def find_day(tenant: str, day: date) -> LakeFile | None:
    """Return the day's object, or None."""
    return _find(day_key(tenant, day))


def put_day(tenant: str, day: date, content: bytes, version: str | None) -> bool:
    """Write the day's object over this version (None: there is none). Returns False if it has changed."""
    return _put(day_key(tenant, day), content, version)


def find_firsts(tenant: str) -> LakeFile | None:
    """Return the first days of the tenant's known users, or None."""
    return _find(firsts_key(tenant))


def put_firsts(tenant: str, content: bytes, version: str | None) -> bool:
    """Write the first days over this version (None: there are none). Returns False if they have changed."""
    return _put(firsts_key(tenant), content, version)


def read_part(key: str) -> bytes | None:
    """Return a part's content; None if another computation has read and deleted it."""
    part = _find(key)
    return part.content if part else None


def delete_parts(keys: Sequence[str]) -> None:
    """Delete parts. Raises RuntimeError if S3 does not delete one."""
    for start in range(0, len(keys), _DELETES):
        objects = [{"Key": key} for key in keys[start : start + _DELETES]]
        answer = aws.client("s3").delete_objects(
            Bucket=config.settings().archive_bucket, Delete={"Objects": objects, "Quiet": True}
        )
        if answer.get("Errors"):
            raise RuntimeError(f"S3 did not delete {len(answer['Errors'])} parts")


def _find(key: str) -> LakeFile | None:
    client = aws.client("s3")
    try:
        answer = client.get_object(Bucket=config.settings().archive_bucket, Key=key)
    except client.exceptions.NoSuchKey:
        return None
    return LakeFile(bytes(answer["Body"].read()), str(answer["ETag"]))


def _put(key: str, content: bytes, version: str | None) -> bool:
    """Write an object. A lost answer looks like a conflict: the caller reads again.

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
    """
    client = aws.client("s3")
    condition = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
    try:
        client.put_object(
            Bucket=config.settings().archive_bucket, Key=key, Body=content, ContentType=MEDIA_TYPE, **condition
        )
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
            raise
        return False
    return True
