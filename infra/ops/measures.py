"""Revenue of stores, speed of the data API, and recomputation of a measure."""

from __future__ import annotations

from argparse import Namespace
from datetime import date
from typing import Any

from chalicelib.kit import audit, clock
from chalicelib.platform.schemas.measures import PerformanceQuery, RevenueQuery
from chalicelib.platform.service.measures import performance, recomputation, revenue
from infra.ops import actor, output
from infra.ops.errors import CommandRefused
from infra.ops.inputs import parse_input

REVENUE_COLUMNS = (
    "period",
    "total_revenue",
    "by_currency",
    "by_plan",
    "new_stores",
    "churned_stores",
    "is_final",
)
PERFORMANCE_COLUMNS = ("hour", "endpoint", "calls", "errors", "p50_ms", "p95_ms", "p99_ms")


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    months = commands.add_parser("revenue", help="list the stores' payments by month, currency and plan")
    _add_range(months, "YYYY-MM", str)
    months.set_defaults(run=list_revenue)
    speed = commands.add_parser("performance", help="list the endpoints of the data API in an hour, or one by hour")
    speed.add_argument("--hour", type=clock.parse, metavar="TIME", help="e.g. 2026-01-31T08:00Z; default: the last one")
    speed.add_argument("--endpoint", help="an endpoint's hours; default: of the last 7 days")
    _add_range(speed, "TIME", clock.parse)
    speed.set_defaults(run=list_performance)
    parser = commands.add_parser("recompute-measures", help="compute a measure again from its sources")
    kinds = parser.add_subparsers(dest="kind", required=True)
    days = kinds.add_parser("store", help="days of a store, and its usage of their months")
    days.add_argument("store", help="the store's id")
    _add_range(days, "DAY", date.fromisoformat, required=True)
    days.set_defaults(run=recompute_store)
    reports = kinds.add_parser("revenue", help="revenue reports, also final ones")
    _add_range(reports, "YYYY-MM", str, required=True)
    reports.set_defaults(run=recompute_revenue)
    hours = kinds.add_parser("performance", help="the speed of the endpoints, of hours in the last 90 days")
    _add_range(hours, "TIME", clock.parse, required=True)
    hours.set_defaults(run=recompute_performance)


def list_revenue(arguments: Namespace) -> int:
    """Write the months. Raises CommandRefused for a wrong range."""
    query = parse_input(RevenueQuery, {"start": arguments.first, "end": arguments.last})
    output.write_lines(revenue.read_revenue(query).items, REVENUE_COLUMNS, arguments)
    return 0


def list_performance(arguments: Namespace) -> int:
    """Write the endpoints or hours. Raises CommandRefused for a wrong range."""
    values = {"hour": arguments.hour, "endpoint": arguments.endpoint, "start": arguments.first, "end": arguments.last}
    report = performance.read_performance(parse_input(PerformanceQuery, values))
    output.write_lines(report.items, PERFORMANCE_COLUMNS, arguments)
    return 0


def recompute_store(arguments: Namespace) -> int:
    """Queue days of a store. Raises StoreNotFound, CommandRefused for a wrong range."""
    _require_order(arguments)
    count = recomputation.recompute_store(arguments.store, arguments.first, arguments.last)
    return _write_queued(arguments, f"store:{arguments.store}", f"{count:,} days")


def recompute_revenue(arguments: Namespace) -> int:
    """Queue months. Raises CommandRefused for a wrong range."""
    query = parse_input(RevenueQuery, {"start": arguments.first, "end": arguments.last})
    count = recomputation.recompute_revenue(*query.periods)
    return _write_queued(arguments, "revenue", f"{count:,} months")


def recompute_performance(arguments: Namespace) -> int:
    """Queue hours. Raises CommandRefused for a wrong range."""
    _require_order(arguments)
    count = recomputation.recompute_performance(arguments.first, arguments.last)
    return _write_queued(arguments, "performance", f"{count:,} hours")


def _add_range(parser: Any, metavar: str, parse: Any, required: bool = False) -> None:
    parser.add_argument("--from", dest="first", type=parse, metavar=metavar, required=required)
    parser.add_argument("--to", dest="last", type=parse, metavar=metavar, required=required, help="inclusive")


def _require_order(arguments: Namespace) -> None:
    """Raise CommandRefused if the range ends before it begins."""
    if arguments.last < arguments.first:
        raise CommandRefused("--to must not be before --from")


def _write_queued(arguments: Namespace, subject: str, count: str) -> int:
    """Publish the audit entry of a recomputation, and write what is queued."""
    span = f"{arguments.first} to {arguments.last}"
    audit.publish_operator_action(actor.operator(), "platform.recompute_measures", subject, span=span)
    output.write_result(
        arguments,
        {"subject": subject, "queued": count},
        f"{count} are queued; platform-measure_store computes them",
    )
    return 0
