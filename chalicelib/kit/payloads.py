"""Texts that are too large for a message or a row: stored in the images bucket, and named by their address."""

from __future__ import annotations

from chalicelib.kit import aws, config, ids

STORED = "payloads/messages"
"""Prefix of the texts in the images bucket, by first subject. A lifecycle rule deletes them."""


def store_payload(subject: str, text: str) -> str:
    """Store a JSON text about a data subject and return its address, `s3://<bucket>/<key>`."""
    bucket, key = config.settings().images_bucket, f"{STORED}/{subject}/{ids.new()}.json"
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
    return f"s3://{bucket}/{key}"


def load_payload(address: str) -> bytes:
    """Return the text at an address."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    content: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content
