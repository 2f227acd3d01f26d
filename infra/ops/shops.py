"""Look up shops: active installations, installs per day, open sessions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from chalicelib.shops.schemas.operator import ActiveShopRead, SessionRead, TimelineDayRead, TimelineQuery
from chalicelib.shops.service import operator
from infra.ops import output
from infra.ops.errors import CommandRefused
from infra.ops.pages import iterate_pages

T = TypeVar("T")


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    active = commands.add_parser("active-shops", help="list the shops with an active installation, as JSON or CSV")
    active.add_argument("--app", required=True)
    active.add_argument("--csv", action="store_true", help="CSV instead of a JSON array")
    active.add_argument("--out", type=Path, help="write to this file, replaced atomically")
    active.set_defaults(run=active_shops)
    days = commands.add_parser("timeline", help="count an app's installs and uninstalls per day, in UTC")
    days.add_argument("--app", required=True)
    days.add_argument("--from", dest="first", required=True, metavar="YYYY-MM-DD")
    days.add_argument("--to", dest="last", required=True, metavar="YYYY-MM-DD", help="inclusive; at most 366 days")
    days.add_argument("--csv", action="store_true", help="CSV instead of a table")
    days.set_defaults(run=timeline)
    open_ones = commands.add_parser("sessions", help="list a shop's open sessions of all apps, as JSON")
    open_ones.add_argument("shop", help="e.g. example.myshopify.com")
    open_ones.set_defaults(run=sessions)


def active_shops(arguments: Namespace) -> int:
    """Write the active shops of an app. Raises AppNotFound if there is no such app."""
    shops = operator.iterate_active_shops(arguments.app)
    with output.opened(arguments.out, arguments.stdout) as file:
        output.write(ActiveShopRead, _counted(shops, "shops", file), file, as_csv=arguments.csv)
    return 0


def timeline(arguments: Namespace) -> int:
    """Write a line a day. Raises AppNotFound if there is no such app, CommandRefused if the range is invalid."""
    try:
        query = TimelineQuery.model_validate({"app": arguments.app, "from": arguments.first, "to": arguments.last})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise CommandRefused(f"--{first['loc'][0]} {first['msg']}") from error
    days = operator.iterate_timeline(query.app, query.first, query.last)
    counted = _counted(days, "days", arguments.stdout, (query.last - query.first).days + 1)
    if arguments.csv:
        output.write(TimelineDayRead, counted, arguments.stdout, as_csv=True)
        return 0
    header = f"{'day':10} {'installs':>10} {'reinstalls':>10} {'uninstalls':>10}\n"
    with output.lines(arguments) as write:
        for day in counted:
            line = f"{day.day} {day.installs:>10,} {day.reinstalls:>10,} {day.uninstalls:>10,}"
            write(day.model_dump(mode="json"), header + line)
            header = ""
    return 0


def sessions(arguments: Namespace) -> int:
    """Write a shop's open sessions. Raises InvalidShopDomain if the domain is invalid."""
    rows = iterate_pages(lambda page: operator.list_sessions(arguments.shop, page))
    found = _counted(rows, "sessions", arguments.stdout)
    output.write(SessionRead, found, arguments.stdout, as_csv=False)
    return 0


def _counted(rows: Iterable[T], unit: str, beside: Any, total: int | None = None) -> Iterator[T]:
    with output.bar(unit, total, beside=beside) as bar:
        for row in rows:
            yield row
            bar.update()
