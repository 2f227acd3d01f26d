"""Check that the resources of the data stack exist and can be used: tables, queues, buckets and the key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config, tables
from infra.deploy import handlers
from infra.ops.checks import Finding

DEPLOY = "deploy the stage: its data stack creates it"


def check() -> Iterator[Finding]:
    """Yield a finding for the tables, the queues, each bucket and the KMS key, if the settings name one."""
    handlers.chalice_app()  # imports every model
    yield _tables()
    yield _queues()
    settings = config.settings()
    for bucket in (settings.images_bucket, settings.archive_bucket):
        yield _bucket(bucket)
    if settings.kms_key_id:
        yield _key(settings.kms_key_id)


def _tables() -> Finding:
    states = {str(model.Meta.table_name): _table_status(str(model.Meta.table_name)) for model in tables.loaded()}
    return _summary("tables", states, [name for name, status in states.items() if status not in ("ACTIVE", "UPDATING")])


def _table_status(table: str) -> str:
    """Return the status of a table; `missing` if it does not exist."""
    try:
        return str(aws.client("dynamodb").describe_table(TableName=table)["Table"]["TableStatus"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return "missing"


def _queues() -> Finding:
    namespace = config.settings().namespace
    pages = aws.client("sqs").get_paginator("list_queues").paginate(QueueNamePrefix=f"{namespace}-")
    existing = {url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ())}
    needed = [f"{namespace}-{each.queue}{suffix}" for each in handlers.consumers() for suffix in ("", "-dead")]
    return _summary("queues", needed, [name for name in needed if name not in existing])


def _summary(kind: str, needed: Collection[str], absent: list[str]) -> Finding:
    """Return one finding for many resources, which names those that cannot be used."""
    if not absent:
        return Finding(kind, "ok", f"{len(needed)} in use")
    return Finding(kind, "failed", f"missing or not active: {', '.join(absent)}; {DEPLOY}")


def _bucket(bucket: str) -> Finding:
    try:
        aws.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return Finding(bucket, "failed", f"the bucket answers {code}: {DEPLOY}, and check that this account owns it")
    return Finding(bucket, "ok", "the bucket can be reached")


def _key(key_id: str) -> Finding:
    name = "KMS_KEY_ID"
    try:
        key: dict[str, Any] = aws.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        return Finding(
            name, "failed", f"the key answers {error.response['Error']['Code']}; stored secrets are unreadable"
        )
    if key["KeyState"] != "Enabled":
        advice = f"the key is {key['KeyState']}: enable it or cancel its deletion, or stored secrets are unreadable"
        return Finding(name, "failed", advice)
    return Finding(name, "ok", "the key is enabled")
