"""Objects in S3, addressed by `s3://bucket/key`. Browsers upload and download them by presigned requests only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from chalicelib.kit import aws


class NoSuchObject(LookupError):
    """There is no object at this address."""


class ObjectChanged(LookupError):
    """The object at this address was replaced or deleted."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """An object's size in bytes, and its ETag, which changes with the content."""

    byte_size: int
    etag: str


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form that uploads one object: POST `fields`, then the file as `file`, to `url` (multipart/form-data)."""

    url: str
    fields: dict[str, str]


def address(bucket: str, key: str) -> str:
    """Return the address `s3://bucket/key`."""
    return f"s3://{bucket}/{key}"


def parts(url: str) -> tuple[str, str]:
    """Split an address into bucket and key. Raises ValueError if it is not of the form `s3://bucket/key`."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket or not key:
        raise ValueError("not an address of the form s3://bucket/key")
    return bucket, key


def put(url: str, data: bytes, content_type: str) -> None:
    """Write the object; replace an existing one."""
    bucket, key = parts(url)
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)


def put_if_absent(url: str, data: bytes, content_type: str) -> bool:
    """Write the object unless it exists. Returns False if it exists, also if a retry follows a lost response."""
    bucket, key = parts(url)
    client = aws.client("s3")
    try:
        client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type, IfNoneMatch="*")
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


def put_file(url: str, file: BinaryIO, content_type: str) -> None:
    """Write the object from a file, which is not read into memory as a whole; replace an existing object."""
    bucket, key = parts(url)
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=file, ContentType=content_type)


def get(url: str) -> bytes:
    """Read the object's bytes. Raises NoSuchObject if there is no such object."""
    bucket, key = parts(url)
    client = aws.client("s3")
    try:
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except client.exceptions.NoSuchKey as missing:
        raise NoSuchObject(url) from missing
    return body


def size(url: str) -> int | None:
    """Return the object's size in bytes; None if there is no such object."""
    facts = stat(url)
    return None if facts is None else facts.byte_size


def stat(url: str) -> ObjectFacts | None:
    """Return an object's size and version; None if there is no such object."""
    from botocore.exceptions import ClientError

    bucket, key = parts(url)
    try:
        answer = aws.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return ObjectFacts(int(answer["ContentLength"]), str(answer["ETag"]))


def delete(url: str) -> None:
    """Delete the object if it exists."""
    bucket, key = parts(url)
    aws.client("s3").delete_object(Bucket=bucket, Key=key)


def presigned_post(url: str, *, content_type: str, max_bytes: int, seconds: int) -> PresignedPost:
    """Create a form with which a browser can upload this object: of this type, 1 to `max_bytes` bytes.

    The form is valid for `seconds`.
    """
    bucket, key = parts(url)
    fields: Mapping[str, str] = {"Content-Type": content_type, "success_action_status": "201"}
    conditions: list[Any] = [dict([pair]) for pair in fields.items()]
    made = aws.client("s3").generate_presigned_post(
        bucket,
        key,
        Fields=dict(fields),
        Conditions=[*conditions, ["content-length-range", 1, max_bytes]],
        ExpiresIn=seconds,
    )
    return PresignedPost(made["url"], made["fields"])


def presigned_get(url: str, *, seconds: int, download_name: str | None = None) -> str:
    """Create a URL that downloads the object, valid for `seconds`.

    With `download_name`, browsers save the object under that name.
    """
    bucket, key = parts(url)
    parameters = {"Bucket": bucket, "Key": key}
    if download_name:
        parameters["ResponseContentDisposition"] = f'attachment; filename="{download_name}"'
    link: str = aws.client("s3").generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)
    return link


def origins(bucket: str) -> str:
    """Return the origins of the bucket's uploads and downloads, separated by spaces, for a Content-Security-Policy."""
    probe = address(bucket, "x")
    links = (presigned_get(probe, seconds=1), presigned_post(probe, content_type="x/x", max_bytes=1, seconds=1).url)
    found = {"{0.scheme}://{0.netloc}".format(urlsplit(link)) for link in links}
    return " ".join(sorted(found))
