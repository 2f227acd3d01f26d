"""Files of the archive: written once, never overwritten by a sweep."""

from __future__ import annotations

from chalicelib.kit import aws, config


def put_if_absent(key: str, data: bytes, media_type: str) -> None:
    """Write a file unless it exists; S3 decides between concurrent writers (`If-None-Match: *`).

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. The result does not say who wrote the
    file: if a response is lost, the client retries and finds its own file.
    """
    client = aws.client("s3")
    try:
        client.put_object(
            Bucket=config.settings().archive_bucket, Key=key, Body=data, ContentType=media_type, IfNoneMatch="*"
        )
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def get(key: str) -> bytes:
    """Return the bytes of a file."""
    answer = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=key)
    return bytes(answer["Body"].read())
