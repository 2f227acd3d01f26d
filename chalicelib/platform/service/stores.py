"""Stores of an owner: create, list, read, change."""

from __future__ import annotations

from typing import Any

from chalicelib.billing import service as billing
from chalicelib.kit import clock, ids
from chalicelib.kit.auth import Account
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.domain.plan_limits import month_of, usage_month
from chalicelib.platform.domain.subscriptions import current_plan
from chalicelib.platform.enums import StorePlan
from chalicelib.platform.errors import StoreLimitReached, StoreProvisioned
from chalicelib.platform.models import Store
from chalicelib.platform.repository import owners, stores
from chalicelib.platform.schemas.stores import StoreCreate, StoreRead, StoreUpdate
from chalicelib.platform.service import audit
from chalicelib.platform.service.store_access import get_accessible_store
from chalicelib.platform.service.store_registration import register_store

MAX_STORES = 100
"""Stores of one owner."""
_FIXED_COLUMNS = {"currency", "region"}
"""The prices in a store's database are in its currency, and the database is in its region."""
_REGISTERED_COLUMNS = {"name", "currency", "timezone"}


def create_store(owner: Account, body: StoreCreate, key: Idempotency | None, source_ip: str) -> StoreRead:
    """Create a store on the free plan, without a database. Raises StoreLimitReached, SlugTaken, Unauthenticated."""
    row = _new_store(owner.id, body)
    response = to_store_read(row)
    change = Change(row.id, "platform.create_store", f"store:{row.id}", after=body.model_dump(mode="json"))

    def decide(unit: UnitOfWork) -> None:
        if owners.get_owner(owner.id).store_count >= MAX_STORES:
            raise StoreLimitReached
        owners.stage_store_added(unit.transaction, owner.id, MAX_STORES)
        stores.stage_new_store(unit.transaction, row)
        if key:
            key.join(unit.transaction, response)
        unit.publish(audit.message_of(owner, change, source_ip))

    run_unit_of_work(decide)
    register_store(row)
    return response


def list_stores(owner: Account, page: PageRequest) -> PageResult[StoreRead]:
    """Return a page of the owner's stores."""
    return stores.list_by_owner(owner.id, page).map(to_store_read)


def read_store(account: Account, store_id: str) -> StoreRead:
    """Return a store that the account may see. Raises StoreNotFound."""
    return to_store_read(get_accessible_store(account, store_id))


def change_store(owner: Account, store_id: str, body: StoreUpdate, version: str, source_ip: str) -> StoreRead:
    """Set the fields in the body. Raises StoreNotFound, VersionMismatch, SlugTaken, StoreProvisioned."""
    changes = body.model_dump(exclude_unset=True)

    def decide(unit: UnitOfWork) -> set[str]:
        row = get_accessible_store(owner, store_id)
        if str(row.version) != version:
            raise VersionMismatch
        columns = _changed_columns(row, changes)
        if columns:
            before = {name: getattr(row, name) for name in columns}
            stores.stage_columns(unit.transaction, row, columns)
            change = Change(store_id, "platform.change_store", f"store:{store_id}", before, columns)
            unit.publish(audit.message_of(owner, change, source_ip))
        return set(columns)

    changed = run_unit_of_work(decide)
    row = stores.get_store(store_id)
    if changed & _REGISTERED_COLUMNS:
        register_store(row)
    return to_store_read(row)


def to_store_read(row: Store) -> StoreRead:
    """Return the store as its owner sees it: with the plan and the month's counters that hold now.

    The row is behind if its plan's access ended, or a month began, and nobody has called the store since.
    """
    now = clock.now()
    plan = current_plan(row.subscriptions, billing.store_plan_limits(StorePlan.FREE), now)
    columns = {name: getattr(row, name) for name in StoreRead.model_fields}
    if row.access_until is not None and row.access_until <= now:
        columns |= {name: getattr(plan, name) for name in plan.__slots__} | {"trial_ends_at": None}
    if row.usage_month != usage_month(row, now):
        columns |= {"api_calls_month": 0, "orders_month": 0}
    return StoreRead(**columns)


def _new_store(owner_id: str, body: StoreCreate) -> Store:
    now = clock.now()
    return Store(
        ids.new(),
        owner_id=owner_id,
        limits=billing.store_plan_limits(StorePlan.FREE),
        usage_month=month_of(now),
        version=1,
        created_at=now,
        updated_at=now,
        **body.model_dump(),
    )


def _changed_columns(row: Store, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that differ from the row. Raises StoreProvisioned if one of them can no longer change."""
    columns = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if columns.keys() & _FIXED_COLUMNS and (row.database_type or row.active_job):
        raise StoreProvisioned
    return columns
