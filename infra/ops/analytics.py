"""Query the events of a site with SQL on this machine: read the days of the lake, then query them with DuckDB.

The tables are those of docs/athena.sql: `analytics_events`, `analytics_united_events` (each event once) and
`analytics_firsts`. Nothing is written.
"""

from __future__ import annotations

import csv
from argparse import ArgumentParser, Namespace
from datetime import date, timedelta
from typing import Any

from chalicelib.analytics.service import report_files
from chalicelib.analytics.service.report_database import open_files
from chalicelib.kit import clock
from infra.ops import output
from infra.ops.errors import CommandRefused

DEFAULT_DAYS = 30


def add(commands: Any) -> None:
    """Declare the command."""
    parser: ArgumentParser = commands.add_parser(
        "analytics-query", help="query a site's events with SQL on this machine"
    )
    parser.add_argument("sql", help="one SELECT")
    parser.add_argument("--tenant", required=True, help="the site, e.g. store:1")
    parser.add_argument("--from", dest="since", type=date.fromisoformat, metavar="DAY", help="default: 30 days ago")
    parser.add_argument("--to", dest="until", type=date.fromisoformat, metavar="DAY", help="default: today")
    parser.set_defaults(run=query)


def query(arguments: Namespace) -> int:
    """Write the query's result as CSV with a header line, or as JSON. Raises CommandRefused if DuckDB rejects the query."""
    import duckdb

    until = arguments.until or clock.now().date()
    since = arguments.since or until - timedelta(days=DEFAULT_DAYS - 1)
    files = report_files.of_tenant(arguments.tenant, since, until)
    if not files.days:
        raise CommandRefused("the site has no events on these days")
    output.say(f"{len(files.days)} days of {files.byte_count} bytes")
    with open_files(arguments.tenant, files.iterate_contents(), files.firsts()) as database:
        database.forbid_files()
        try:
            columns, rows = database.select(arguments.sql)
            if arguments.json:
                with output.lines(arguments) as write:
                    for row in rows:
                        write(dict(zip(columns, row, strict=True)), "")
            else:
                csv.writer(arguments.stdout).writerows([columns, *rows])
        except duckdb.Error as error:
            raise CommandRefused(str(error)) from error
    return 0
