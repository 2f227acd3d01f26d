"""Read the audit log of a store, of the platform, or of an account."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from chalicelib.kit import clock
from chalicelib.platform.domain.audit import PLATFORM
from chalicelib.platform.schemas.audit import OperatorAuditQuery
from chalicelib.platform.service import audit
from infra.ops import output
from infra.ops.inputs import parse_input
from infra.ops.pages import iterate_pages

COLUMNS = ("created_at", "scope", "actor_type", "actor_id", "action", "target")


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("platform-audit", help="list entries of the audit log, newest first")
    parser.add_argument(
        "scope", nargs="?", default=PLATFORM, help="a store's id; default: entries that belong to no store"
    )
    parser.add_argument("--actor", help="the id of an account: its entries in all scopes")
    parser.add_argument("--from", dest="start", type=clock.parse, metavar="TIME", help="e.g. 2026-01-31T08:00Z")
    parser.add_argument("--to", dest="end", type=clock.parse, metavar="TIME", help="exclusive")
    parser.add_argument("--json", action="store_true", help="JSON, with the changed fields before and after")
    parser.set_defaults(run=list_entries)


def list_entries(arguments: Namespace) -> int:
    """Write the entries. Raises CommandRefused if the scope or actor is too long."""
    query = parse_input(
        OperatorAuditQuery,
        {"scope": arguments.scope, "actor": arguments.actor, "from": arguments.start, "to": arguments.end},
    )
    entries = iterate_pages(partial(audit.list_all_entries, query))
    output.write_lines(entries, COLUMNS, arguments)
    return 0
