"""Benchmark rows of retention: the throughput of archiving, and memory use that is independent of the row count."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from infra.bench.runs import ROOT, SUBJECTS, SubjectFailed, in_turn
from infra.bench.table import Row

RULE = "shops/installation_logs"
BATCH = 25
WRITTEN = datetime(2024, 1, 1, tzinfo=UTC)
_due = (datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in itertools.count())


def throughput(rounds: int) -> list[Row]:
    """Compare rows per second of four concurrent workers with boto3 loops that have no safeguards."""
    rows = 8_000 if rounds > 1 else 50
    subjects = {
        "ours": partial(_ours, rows),
        "copy and delete": partial(_bare, rows, copy=True),
        "delete alone": partial(_bare, rows, copy=False),
    }
    figures = in_turn(subjects, max(1, rounds // 2))
    ours = figures.pop("ours")
    what = f"{rows:,} rows archived"
    return [
        Row(what, str(ours), f"bare loop, {name} {figure}", 1 / ours.beside(figure), 0.8, at_least=True)
        for name, figure in figures.items()
    ]


def memory(rounds: int) -> list[Row]:
    """Compare a worker's peak memory for many rows with that for few."""
    few, many = (10_000, 100_000) if rounds > 1 else (50, 100)
    peaks = {rows: _ours(rows)[1] for rows in (few, many)}
    what = f"memory for {many:,} rows"
    return [Row(what, f"{peaks[many]:.0f} MB", f"{few:,} rows {peaks[few]:.0f} MB", peaks[many] / peaks[few], 1.2)]


def _ours(rows: int) -> tuple[float, float]:
    from chalicelib.retention.repository import runs
    from chalicelib.retention.service import sweep

    _fill(rows)
    due = next(_due)
    sweep.start_sweep(due)
    run = runs.latest(RULE)
    assert run is not None
    script = SUBJECTS / "archive_ours.py"
    told = _at_once([[sys.executable, script, RULE, run.run, str(segment)] for segment in range(run.segments)])
    done = runs.get(RULE, run.run)
    if (done.rows_archived, done.rows_deleted) != (rows, rows):
        raise SubjectFailed(f"{done.rows_archived} rows archived and {done.rows_deleted} deleted, of {rows}")
    return told


def _bare(rows: int, *, copy: bool) -> tuple[float, float]:
    from chalicelib.retention.rules import RULES

    _fill(rows)
    rule = RULES[RULE]
    counts = rule.table.get_attributes()[rule.timestamp_column]
    arguments = [rule.table.Meta.table_name, counts.attr_name, counts.serialize(next(_due) - rule.lifetime)]
    archive = [_archive_table()] if copy else []
    return _at_once([[sys.executable, SUBJECTS / "archive_bare.py", *arguments, *archive]])


def _at_once(commands: Sequence[Sequence[str | Path]]) -> tuple[float, float]:
    """Run the commands concurrently.

    Return the seconds until the last has ended, and the largest peak memory of one, in MB. Raises SubjectFailed if a
    command fails.
    """
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    workers = [subprocess.Popen(command, cwd=ROOT, env=surroundings, text=True, **pipes) for command in commands]
    for worker in workers:
        if not worker.stdout.readline():  # type: ignore[union-attr]
            raise SubjectFailed(worker.communicate()[1][-1500:])
    begun = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")  # type: ignore[union-attr]
        worker.stdin.flush()  # type: ignore[union-attr]
    ended = [worker.communicate() for worker in workers]
    took = time.perf_counter() - begun
    for worker, (_, error) in zip(workers, ended, strict=True):
        if worker.returncode:
            raise SubjectFailed(error[-1500:])
    return took, max(json.loads(out.splitlines()[-1])["peak_mb"] for out, _ in ended)


def _fill(rows: int) -> None:
    """Write `rows` expired rows of a thousand shops to the table."""
    from chalicelib.kit import aws
    from chalicelib.shops.models import InstallationLog

    for first in range(0, rows, BATCH):
        puts = [{"PutRequest": {"Item": _item(number)}} for number in range(first, min(first + BATCH, rows))]
        aws.client("dynamodb").batch_write_item(RequestItems={InstallationLog.Meta.table_name: puts})


def _item(number: int) -> dict[str, Any]:
    from chalicelib.kit import clock

    return {
        "shop": {"S": f"shop-{number % 997}.myshopify.com"},
        "id": {"S": f"{number:036d}"},
        "app": {"S": "studio"},
        "event_type": {"S": "install"},
        "created_at": {"S": clock.iso(WRITTEN + timedelta(seconds=number))},
        "metadata": {"M": {"plan": {"S": "basic"}, "scopes": {"L": [{"S": "read_products"}, {"S": "read_orders"}]}}},
    }


@cache
def _archive_table() -> str:
    """Create the table to which the bare loop copies rows, with the same key, and return its name."""
    from chalicelib.kit import aws
    from chalicelib.shops.models import InstallationLog

    name = f"{InstallationLog.Meta.table_name}-copies"
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "shop", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": column, "AttributeType": "S"} for column in ("shop", "id")],
    )
    return str(name)
