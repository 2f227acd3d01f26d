"""Compute days of a site, or revenue, again from what is stored."""

from __future__ import annotations

from argparse import Namespace
from datetime import date
from typing import Any

from pydantic import ValidationError

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.schemas.recomputation import RecomputationCreate
from chalicelib.analytics.service import recomputation
from chalicelib.kit import audit
from infra.ops import actor, output
from infra.ops.errors import CommandRefused


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("recompute", help="compute days of a site, or revenue, again")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tenant", help="the site, e.g. store:1")
    what.add_argument("--scope", choices=[scope.value for scope in RevenueScope], help="revenue, up to today")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", required=True)
    parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="of a site; default: today")
    parser.set_defaults(run=recompute)


def recompute(arguments: Namespace) -> int:
    """Make the days or the owners due; the schedules compute them. Raises CommandRefused if the tenant is invalid."""
    values = {"tenant": arguments.tenant, "scope": arguments.scope, "from": arguments.first, "to": arguments.last}
    try:
        body = RecomputationCreate.model_validate(values)
    except ValidationError as error:
        raise CommandRefused(f"--tenant {error.errors(include_url=False)[0]['msg']}") from error
    result = recomputation.recompute(body)
    audit.publish_operator_action(actor.operator(), "analytics.recompute", body.tenant or f"revenue:{body.scope}")
    text = f"{result.days:,} days and {result.owners:,} owners of subscriptions are due"
    output.write_result(arguments, {"days": result.days, "owners": result.owners}, text)
    return 0
