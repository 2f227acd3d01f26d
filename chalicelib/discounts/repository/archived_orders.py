"""Orders in the archive: their rows are moved there 400 days after their day."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chalicelib.discounts.models import OrderUsage
from chalicelib.integrations import parquet
from chalicelib.kit import aws, config

PREFIX = "archive/discounts/order_usages/"
"""Of the archive's files with orders of all shops, by month."""
_ROW = "dynamodb_item"
"""The column with the exact row, as DynamoDB's JSON."""


def iterate_archived_orders(shop: str) -> Iterator[OrderUsage]:
    """Iterate over the shop's archived orders. Reads every file of archived orders."""
    for key in _keys():
        body = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=key)["Body"].read()
        for text in parquet.read_texts(body, _ROW):
            item = json.loads(text)
            if item.get("shop") == {"S": shop}:
                row = OrderUsage()
                row.deserialize(item)
                yield row


def _keys() -> Iterator[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=config.settings().archive_bucket, Prefix=PREFIX):
        yield from (entry["Key"] for entry in page.get("Contents", ()))
