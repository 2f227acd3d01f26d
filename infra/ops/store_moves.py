"""Move a store to another database."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.platform.schemas.moves import MoveInput
from chalicelib.platform.service.moves import requests
from chalicelib.platform.service.store_access import get_accessible_store
from infra.ops import actor, store_jobs
from infra.ops.inputs import parse_input, read_json


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("move-store", help="start the job that moves a store to another database")
    parser.add_argument("store", help="the store's id")
    parser.add_argument(
        "--database",
        required=True,
        metavar="FILE",
        help="JSON of the new database, as in the API; - reads it from stdin",
    )
    parser.add_argument(
        "--from", dest="source", metavar="FILE", help="JSON of the legacy database that the rows are taken from"
    )
    parser.set_defaults(run=move_store)


def move_store(arguments: Namespace) -> int:
    """Start the job, or write the one in progress. Passwords are in the files, never in the arguments.

    Raises CommandRefused for a file that does not fit, StoreNotFound, StoreNotProvisioned, SameDatabase, TooManyRequests.
    """
    source = read_json(arguments.source) if arguments.source else None
    body = parse_input(MoveInput, {"database": read_json(arguments.database), "from": source})
    account = actor.operator()
    store = get_accessible_store(account, arguments.store)
    result, is_new = requests.request_move(store, body, account.subject)
    return store_jobs.write_requested(
        arguments, "platform.move_store", result, is_new=is_new, after={"type": body.database.type}
    )
