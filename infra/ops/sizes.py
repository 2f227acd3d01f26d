"""Show sizes: rows and bytes per table (DynamoDB's figures, up to six hours old), objects and bytes per bucket."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.kit import aws, config
from chalicelib.shops.service import operator
from infra.deploy import handlers
from infra.ops import output


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("sizes", help="show rows and bytes per table, objects and bytes per bucket")
    parser.set_defaults(run=show)


def show(arguments: Namespace) -> int:
    """Print a line for each table and bucket."""
    handlers.chalice_app()  # imports every model
    for table in operator.iterate_tables():
        print(f"{table.rows:>12,} rows  {table.bytes:>16,} bytes  {table.table}", file=arguments.stdout)
    for bucket in (config.settings().images_bucket, config.settings().archive_bucket):
        count, size = _bucket(bucket)
        print(f"{count:>12,} objects {size:>15,} bytes  {bucket}", file=arguments.stdout)
    return 0


def _bucket(name: str) -> tuple[int, int]:
    count = size = 0
    with output.bar("objects") as bar:
        for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=name):
            count += page.get("KeyCount", 0)
            size += sum(item["Size"] for item in page.get("Contents", ()))
            bar.update(page.get("KeyCount", 0))
    return count, size
