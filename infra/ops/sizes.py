"""How much there is: rows and bytes a table (DynamoDB's own figures, up to six hours old), objects and bytes a bucket."""

from __future__ import annotations

from chalicelib.kit import aws, config
from infra import data_stack


def show() -> None:
    """Print a line a table and a bucket."""
    dynamodb = aws.client("dynamodb")
    for model in data_stack.models():
        table = dynamodb.describe_table(TableName=model.Meta.table_name)["Table"]
        print(f"{table['ItemCount']:>12,} rows  {table['TableSizeBytes']:>16,} bytes  {model.Meta.table_name}")
    for bucket in (config.settings().images_bucket, config.settings().archive_bucket):
        count = size = 0
        for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket):
            count += page.get("KeyCount", 0)
            size += sum(item["Size"] for item in page.get("Contents", ()))
        print(f"{count:>12,} objects {size:>15,} bytes  {bucket}")
