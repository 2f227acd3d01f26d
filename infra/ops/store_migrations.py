"""Commands about migrations of all stores: start a run, show its state, list its stores."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from chalicelib.platform.enums import StoreMigrationStatus
from chalicelib.platform.schemas.migrations import StoreMigrationRead
from chalicelib.platform.service import migrations
from infra.ops import actor, output
from infra.ops.pages import iterate_pages


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    start = commands.add_parser(
        "migrate-stores", help="migrate all stores to the newest revision: five first, then all"
    )
    start.add_argument("--no-canary", action="store_true", help="start all stores at once")
    start.set_defaults(run=start_run)
    report = commands.add_parser("migration", help="show a run of a migration and its stores of one status")
    report.add_argument("id", help="the run's id")
    statuses = list(StoreMigrationStatus)
    report.add_argument("--status", type=StoreMigrationStatus, choices=statuses, default=StoreMigrationStatus.FAILED)
    report.add_argument("--csv", action="store_true", help="CSV instead of a JSON array")
    report.add_argument("--out", type=Path, help="write the stores to this file, replaced atomically")
    report.set_defaults(run=show_run)


def start_run(arguments: Namespace) -> int:
    """Start a run and write it. Raises MigrationInProgress while another one is running."""
    run = migrations.start_run(actor.operator(), is_canary=not arguments.no_canary)
    output.write_result(arguments, run)
    return 0


def show_run(arguments: Namespace) -> int:
    """Write the stores of a run that have a status; return 1 if a store failed. Raises MigrationRunNotFound."""
    run = migrations.get_run(arguments.id)
    output.say(f"{run.status}: {run.total} stores, {run.done} done, {run.failed} failed, {run.skipped} skipped")
    with output.opened(arguments.out, arguments.stdout) as file:
        rows = iterate_pages(lambda page: migrations.list_store_migrations(run.id, arguments.status, page))
        output.write(StoreMigrationRead, rows, file, as_csv=arguments.csv)
    return 1 if run.failed else 0
