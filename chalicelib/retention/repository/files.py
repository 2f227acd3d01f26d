"""The archive's files: written once, never over another."""

from __future__ import annotations

from chalicelib.kit import aws, config


def put_if_absent(key: str, data: bytes, media_type: str) -> None:
    """Put a file unless one lies there; S3 decides between two at once (`If-None-Match: *`).

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. It does not tell who put the file:
    a call whose answer was lost is repeated by the client and meets its own.
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
    """The bytes of a file."""
    answer = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=key)
    return bytes(answer["Body"].read())
