"""Import events of a site from a file of JSON lines."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from chalicelib.analytics.service import collection
from chalicelib.kit import audit
from infra.ops import actor, output
from infra.ops.checkpoints import Run, one_at_a_time
from infra.ops.errors import CommandRefused
from infra.ops.signals import resumable

LOCK = "analytics/import"
PAGE_LINES = 500


def add(commands: Any) -> None:
    """Declare the command."""
    about = "import events of a site from a file of JSON lines, with the fields of POST /v1/analytics/events"
    parser: ArgumentParser = commands.add_parser("import-events", help=about)
    parser.add_argument("file", type=Path, help="one event a line; without an id, equal lines are one event")
    parser.add_argument("--tenant", required=True, help="the site, e.g. store:1")
    parser.add_argument("--restart", action="store_true", help="discard the checkpoint of a stopped import")
    parser.set_defaults(run=import_file)


def import_file(arguments: Namespace) -> int:
    """Import all lines and print the number and the code of each refused one. Return 1 if a line was refused.

    Raises CommandRefused if the file does not exist, or if the import of another file was stopped.
    """
    if not arguments.file.is_file():
        raise CommandRefused(f"there is no file {arguments.file}")
    size = arguments.file.stat().st_size
    about = {"file": str(arguments.file.resolve()), "size": str(size), "tenant": arguments.tenant}
    advice = "The same command resumes from here; --restart starts over."
    with resumable(advice), one_at_a_time(LOCK) as run, arguments.file.open("rb") as file:
        _begin(run, about, restart=arguments.restart)
        _import(run, file, arguments, size)
    output.say(f"{run.counts['accepted']:,} events imported, {run.counts['refused']:,} lines refused.")
    audit.publish_operator_action(actor.operator(), "analytics.import_events", arguments.tenant)
    return 1 if run.counts["refused"] else 0


def _begin(run: Run, about: dict[str, str], *, restart: bool) -> None:
    if not run.is_in_progress or restart:
        run.begin(**about)
    elif run.about != about:
        raise CommandRefused(f"the import of {run.about['file']} was stopped: resume it, or use --restart")
    else:
        output.say(f"Resuming after {run.counts['lines']:,} lines.")


def _import(run: Run, file: BinaryIO, arguments: Namespace, size: int) -> None:
    """Import the file page by page. A page that is imported again after a crash has the same events."""
    file.seek(run.after["offset"] if run.after else 0)
    bar = output.bar("bytes", size, file.tell(), beside=arguments.stdout)
    with output.lines(arguments) as write, bar:
        while lines := list(islice(file, PAGE_LINES)):
            for number, code in _import_page(run, lines, arguments.tenant):
                write({"line": number, "code": code}, f"{number}\t{code}")
            run.counts["lines"] += len(lines)
            run.advance({"offset": file.tell()})
            bar.update(sum(map(len, lines)))
    run.advance(None)


def _import_page(run: Run, lines: list[bytes], tenant: str) -> Iterator[tuple[int, str]]:
    """Import a page and yield the number and the code of each refused line. Empty lines are skipped."""
    numbers, documents = [], []
    for number, line in enumerate(lines, start=run.counts["lines"] + 1):
        if not line.strip():
            continue
        try:
            documents.append(json.loads(line, parse_constant=_refuse_constant))
            numbers.append(number)
        except (ValueError, RecursionError):
            run.counts["refused"] += 1
            yield number, "invalid_json"
    result = collection.import_events(tenant, documents)
    run.counts["accepted"] += result.accepted
    run.counts["refused"] += len(result.rejected)
    for rejection in result.rejected:
        yield numbers[rejection.index], rejection.code


def _refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which are not JSON. Raises ValueError."""
    raise ValueError(name)
