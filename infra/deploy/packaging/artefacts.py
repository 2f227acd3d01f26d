"""The account's private bucket for templates and zips. Nothing is deleted from it: a rollback needs earlier ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config


def bucket_name(owner: str) -> str:
    """Return the name of the bucket of this process's stage in account `owner`."""
    settings = config.settings()
    return config.bucket_name(settings.namespace, "artefacts", owner, settings.region)


def create_bucket(owner: str) -> str:
    """Create the bucket if it is missing, and return its name."""
    s3, region, name = aws.client("s3"), config.settings().region, bucket_name(owner)
    if not _exists(s3.head_bucket, Bucket=name):
        # S3 rejects a location constraint in us-east-1 and requires one in every other region.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **place)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    return name


def upload(bucket: str, path: Path) -> str:
    """Upload the file unless it is stored already, and return its key, which contains a hash of its content.

    A changed file gets a new key, so CloudFormation detects the change.
    """
    return _put(bucket, path.name, path.read_bytes())


def upload_template(bucket: str, name: str, template: dict[str, Any]) -> str:
    """Upload a template as `name`.json unless it is stored already, and return its key."""
    return _put(bucket, f"{name}.json", json.dumps(template, separators=(",", ":")).encode())


def _put(bucket: str, name: str, content: bytes) -> str:
    s3, key = aws.client("s3"), f"{hashlib.sha256(content).hexdigest()[:20]}/{name}"
    if not _exists(s3.head_object, Bucket=bucket, Key=key):
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


def read_template(bucket: str, key: str) -> dict[str, Any]:
    """Return an uploaded template."""
    return dict(json.loads(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()))


def url(bucket: str, key: str) -> str:
    """Return the path-style URL of an object, which works with S3 and with the embedded AWS."""
    return f"{aws.client('s3').meta.endpoint_url}/{bucket}/{key}"


def _exists(head: Any, **target: str) -> bool:
    try:
        head(**target)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True
