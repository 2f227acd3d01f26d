"""Show sizes: rows and bytes per table (DynamoDB's figures, up to six hours old), objects and bytes per bucket."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.operator.service import bucket_sizes
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
    with output.lines(arguments) as write:
        for table in operator.iterate_tables():
            write(table.model_dump(), f"{table.rows:>12,} rows  {table.bytes:>16,} bytes  {table.table}")
        for bucket in bucket_sizes.bucket_names().values():
            count, size = _bucket(bucket)
            fields = {"bucket": bucket, "objects": count, "bytes": size}
            write(fields, f"{count:>12,} objects {size:>15,} bytes  {bucket}")
    return 0


def _bucket(name: str) -> tuple[int, int]:
    count = size = 0
    start: dict[str, Any] | None = None
    with output.bar("objects") as bar:
        while True:
            part = bucket_sizes.measure_bucket(name, start)
            count, size, start = count + part.objects, size + part.bytes, part.last_key
            bar.update(part.objects)
            if start is None:
                return count, size
