"""Look up stores of all owners, suspend and reactivate them, undo their deletion."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from chalicelib.kit import audit
from chalicelib.kit.pagination import PageRequest
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.schemas.platform_users import PlatformUserQuery
from chalicelib.platform.schemas.stores import StoreQuery, StoreSuspension
from chalicelib.platform.service import operator_stores, platform_users, store_deletion, stores
from infra.ops import actor, output
from infra.ops.errors import CommandRefused
from infra.ops.inputs import parse_input
from infra.ops.pages import iterate_pages

COLUMNS = ("id", "slug", "owner_id", "database_type", "database_status", "is_active", "subscription_plan")


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    list_parser = commands.add_parser("stores", help="list the stores of an owner, with a short name, or with a status")
    filters = list_parser.add_mutually_exclusive_group(required=True)
    filters.add_argument("--owner", help="the owner's id or e-mail address")
    filters.add_argument("--slug", help="the short name, as in the store's address")
    filters.add_argument("--status", choices=list(DatabaseStatus), help="the status of the database")
    list_parser.set_defaults(run=list_stores)
    show_parser = commands.add_parser("store", help="show a store with its plan and usage, as JSON")
    show_parser.add_argument("store", help="the store's id")
    show_parser.set_defaults(run=show_store)
    suspend_parser = commands.add_parser("suspend-store", help="refuse the calls of a store; its data is kept")
    suspend_parser.add_argument("store", help="the store's id")
    suspend_parser.add_argument("--reason", required=True, help="at most 200 characters; the owner sees it")
    suspend_parser.set_defaults(run=suspend_store)
    reactivate_parser = commands.add_parser("reactivate-store", help="end the suspension of a store")
    reactivate_parser.add_argument("store", help="the store's id")
    reactivate_parser.set_defaults(run=reactivate_store)
    undelete_parser = commands.add_parser("undelete-store", help="undo the deletion of a store within the grace period")
    undelete_parser.add_argument("store", help="the store's id")
    undelete_parser.set_defaults(run=undelete_store)


def list_stores(arguments: Namespace) -> int:
    """Write the stores. Raises CommandRefused if no account has the owner's address."""
    owner_id = _find_owner(arguments.owner) if "@" in (arguments.owner or "") else arguments.owner
    query = parse_input(StoreQuery, {"owner_id": owner_id, "slug": arguments.slug, "database_status": arguments.status})
    rows = iterate_pages(partial(operator_stores.list_any_stores, query))
    output.write_lines(rows, COLUMNS, arguments)
    return 0


def show_store(arguments: Namespace) -> int:
    """Write a store. Raises StoreNotFound."""
    store = stores.read_store(actor.operator(), arguments.store)
    output.write_result(arguments, store)
    return 0


def suspend_store(arguments: Namespace) -> int:
    """Suspend a store. Repeating it replaces the reason. Raises StoreNotFound, CommandRefused for a wrong reason."""
    reason = parse_input(StoreSuspension, {"reason": arguments.reason}).reason
    operator_stores.suspend_store(arguments.store, reason)
    audit.publish_operator_action(actor.operator(), "platform.suspend_store", f"store:{arguments.store}", reason=reason)
    output.write_result(arguments, {"store": arguments.store, "is_active": False}, f"{arguments.store} is suspended")
    return 0


def reactivate_store(arguments: Namespace) -> int:
    """End the suspension of a store. Raises StoreNotFound."""
    operator_stores.reactivate_store(arguments.store)
    audit.publish_operator_action(actor.operator(), "platform.reactivate_store", f"store:{arguments.store}")
    output.write_result(arguments, {"store": arguments.store, "is_active": True}, f"{arguments.store} is active")
    return 0


def undelete_store(arguments: Namespace) -> int:
    """Undo the deletion of a store, which is audited. Raises StoreNotFound, StoreNotDeleting, StoreDeletionBegun."""
    store_deletion.undelete_store(actor.operator(), arguments.store, "")
    text = f"{arguments.store} stays; its subscription has ended"
    output.write_result(arguments, {"store": arguments.store, "is_deleting": False}, text)
    return 0


def _find_owner(email: str) -> str:
    """Return the id of an address's account, and audit it. Raises CommandRefused if there is none."""
    query = parse_input(PlatformUserQuery, {"email": email})
    accounts = platform_users.list_platform_users(query, PageRequest(1)).items
    if not accounts:
        raise CommandRefused(f"no account has the address {email}")
    audit.publish_operator_action(actor.operator(), "platform.read_user", f"user:{accounts[0].id}")
    return accounts[0].id
