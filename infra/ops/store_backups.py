"""Back a store up, list its backups, and restore one."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from chalicelib.kit import audit
from chalicelib.platform.schemas.backups import RestoreInput
from chalicelib.platform.service.backups import requests, restores
from chalicelib.platform.service.store_access import get_accessible_store
from infra.ops import actor, output, store_jobs
from infra.ops.inputs import parse_input, read_json
from infra.ops.pages import iterate_pages

COLUMNS = ("id", "created_at", "expires_at", "row_count", "byte_size", "sha256")


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    list_parser = commands.add_parser("backups", help="list a store's backups of the last 30 days, newest first")
    list_parser.add_argument("store", help="the store's id")
    list_parser.add_argument("--json", action="store_true", help="JSON, with links that are valid for 15 minutes")
    list_parser.set_defaults(run=list_backups)
    backup_parser = commands.add_parser("backup-store", help="start the job that backs a store up")
    backup_parser.add_argument("store", help="the store's id")
    backup_parser.set_defaults(run=back_up_store)
    restore_parser = commands.add_parser("restore-store", help="start the job that restores a backup into a new place")
    restore_parser.add_argument("store", help="the store's id")
    restore_parser.add_argument("backup", help="the backup's id")
    restore_parser.add_argument(
        "--database",
        metavar="FILE",
        help="JSON of the new place, as in the API; - reads it from stdin. Default: another schema on the same "
        "server; required for a store on MySQL",
    )
    restore_parser.set_defaults(run=restore_store)


def list_backups(arguments: Namespace) -> int:
    """Write the backups, which is audited: a link gives all rows of the store. Raises StoreNotFound."""
    account = actor.operator()
    store = get_accessible_store(account, arguments.store)
    audit.publish_operator_action(account, "platform.list_backups", f"store:{store.id}")
    backups = iterate_pages(partial(requests.list_backups, store.id, has_links=True))
    output.write_lines(backups, COLUMNS, arguments)
    return 0


def back_up_store(arguments: Namespace) -> int:
    """Start the job, or write the one in progress. Raises StoreNotFound, StoreNotProvisioned."""
    account = actor.operator()
    store = get_accessible_store(account, arguments.store)
    result, is_new = requests.request_backup(store, account.subject)
    return store_jobs.write_requested(arguments, "platform.back_up_store", result, is_new=is_new)


def restore_store(arguments: Namespace) -> int:
    """Start the job, or write the one in progress. Passwords are in the file, never in the arguments.

    Raises CommandRefused for a file that does not fit, StoreNotFound, BackupNotFound, InvalidRestore, StoreDeleting.
    """
    database = read_json(arguments.database) if arguments.database else None
    body = parse_input(RestoreInput, {"backup": arguments.backup, "database": database})
    account = actor.operator()
    store = get_accessible_store(account, arguments.store)
    result, is_new = restores.request_restore(store, body, account.subject)
    return store_jobs.write_requested(
        arguments, "platform.restore_store", result, is_new=is_new, after={"backup": body.backup}
    )
