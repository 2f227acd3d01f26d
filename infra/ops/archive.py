"""Query the archive with SQL on this machine: download the files of the named tables, then query them with DuckDB.

Table names are the same as in Athena; `year` and `month` are columns. Timestamps are UTC.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib.kit import aws, config
from chalicelib.kit.data_policy import RetentionRule
from infra.docs import athena
from infra.ops import output
from infra.ops.errors import CommandRefused

_PARTITION = re.compile(r"/year=(\d{4})/month=(\d{2})/")
MEMORY = "512MB"
RESULT = "backroom_result"
"""The name of the view of the query."""


def add(commands: Any) -> None:
    """Declare the command."""
    parser: ArgumentParser = commands.add_parser("archive-query", help="query archived rows with SQL on this machine")
    parser.add_argument("sql", nargs="?", help="one SELECT; default: list the tables")
    parser.add_argument("--from", dest="since", type=_month, metavar="MONTH", help="first month to query, e.g. 2026-01")
    parser.add_argument("--to", dest="until", type=_month, metavar="MONTH", help="last month to query")
    parser.set_defaults(run=query)


def query(arguments: Namespace) -> int:
    """Write the query's result as CSV with a header line, or as JSON. Download only the tables that the query names.

    A timestamp has the form `2026-01-31 09:30:00.123456+00`; null is an empty cell, an empty string is `""`.
    Raises CommandRefused if the query names no archived table or if DuckDB rejects it.
    """
    if arguments.sql is None:
        with output.lines(arguments) as write:
            for rule in athena.archived():
                write({"table": athena.table_of(rule)}, athena.table_of(rule))
        return 0
    named = [rule for rule in athena.archived() if re.search(rf"\b{athena.table_of(rule)}\b", arguments.sql)]
    if not named:
        raise CommandRefused("the query names no archived table; run the command without a query to list them")
    with tempfile.TemporaryDirectory() as folder:
        for rule in named:
            _fetch(rule, Path(folder), arguments)
        _answer(arguments, named, Path(folder))
    return 0


def _fetch(rule: RetentionRule, folder: Path, arguments: Namespace) -> None:
    keys = [key for key in _keys(rule) if _is_wanted(key, arguments)]
    bucket, client = config.settings().archive_bucket, aws.client("s3")
    with output.bar(f"files of {rule.name}", len(keys)) as bar:
        for key in keys:
            target = folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for chunk in client.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(1_000_000):
                    file.write(chunk)
            bar.update()


def _keys(rule: RetentionRule) -> Iterator[str]:
    pages = aws.client("s3").get_paginator("list_objects_v2")
    prefix = f"archive/{rule.name}/"
    for page in pages.paginate(Bucket=config.settings().archive_bucket, Prefix=prefix):
        yield from (found["Key"] for found in page.get("Contents", ()))


def _is_wanted(key: str, arguments: Namespace) -> bool:
    found = _PARTITION.search(key)
    month = "-".join(found.groups()) if found else ""
    return bool(month) and (arguments.since or month) <= month <= (arguments.until or month)


def _answer(arguments: Namespace, named: list[RetentionRule], folder: Path) -> None:
    """Query the files and copy the result to standard output.

    DuckDB writes it, because its Python API needs pytz for timestamps with a time zone.
    """
    import duckdb

    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=options) as database:
        database.execute("SET TimeZone = 'UTC'")
        for rule in named:
            files = folder / "archive" / rule.name
            if any(files.rglob("*.parquet")):
                database.read_parquet(f"{files}/**/*.parquet", hive_partitioning=True).create_view(
                    athena.table_of(rule)
                )
            else:
                output.say(f"{rule.name}: no archived rows in these months")
                return
        result = folder / "result"
        try:
            _write_result(database, arguments.sql, result, as_json=arguments.json)
        except duckdb.Error as error:
            raise CommandRefused(str(error)) from error
    with result.open(encoding="utf-8", newline="") as file:
        shutil.copyfileobj(file, arguments.stdout)


def _write_result(database: Any, sql: str, result: Path, *, as_json: bool) -> None:
    """Write the rows of one SELECT to a file. Raises CommandRefused for anything else, DuckDB's errors for wrong SQL."""
    import duckdb

    statements = database.extract_statements(sql)
    if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
        raise CommandRefused("write one SELECT")
    database.execute(f"CREATE TEMP VIEW {RESULT} AS {sql}")  # takes the semicolon and the comment at its end
    options = "FORMAT json, ARRAY true" if as_json else "FORMAT csv, HEADER true"
    database.execute(f"COPY (FROM {RESULT}) TO '{result}' ({options})")


def _month(text: str) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ValueError("invalid month; expected e.g. 2026-01")
    return text
