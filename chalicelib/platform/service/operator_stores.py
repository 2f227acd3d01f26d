"""Stores of all owners: lists for operators, suspension and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.errors import InvalidStoreQuery
from chalicelib.platform.models import Store
from chalicelib.platform.repository import stores
from chalicelib.platform.schemas.stores import StoreQuery, StoreRead
from chalicelib.platform.service.measures import recomputation
from chalicelib.platform.service.stores import to_store_read


def list_any_stores(query: StoreQuery, page: PageRequest) -> PageResult[StoreRead]:
    """Return a page of the stores that the query selects. Raises InvalidStoreQuery without exactly one filter."""
    filters = [query.owner_id, query.slug, query.database_status]
    if sum(each is not None for each in filters) != 1:
        raise InvalidStoreQuery
    if query.slug is not None:
        row = stores.find_by_slug(query.slug)
        return PageResult([to_store_read(row)] if row is not None else [])
    if query.owner_id is not None:
        return stores.list_by_owner(query.owner_id, page).map(to_store_read)
    return stores.list_by_database_status(DatabaseStatus(query.database_status or ""), page).map(to_store_read)


def suspend_store(store_id: str, reason: str) -> StoreRead:
    """Suspend a store for a reason. Raises StoreNotFound."""

    def columns(row: Store) -> dict[str, Any]:
        status = DatabaseStatus.SUSPENDED if row.database_status is DatabaseStatus.ACTIVE else row.database_status
        return {"is_active": False, "suspended_reason": reason, "database_status": status}

    return _change(store_id, columns)


def reactivate_store(store_id: str) -> StoreRead:
    """End the suspension of a store, and measure the days that it left out. Raises StoreNotFound."""

    def columns(row: Store) -> dict[str, Any]:
        status = DatabaseStatus.ACTIVE if row.database_status is DatabaseStatus.SUSPENDED else row.database_status
        return {"is_active": True, "suspended_reason": None, "database_status": status}

    result = _change(store_id, columns)
    recomputation.recompute_called_days(stores.get_store(store_id))
    return result


def _change(store_id: str, columns_of: Callable[[Store], dict[str, Any]]) -> StoreRead:
    """Set the columns that differ from the row, and return the store as it is then."""

    def decide(unit: UnitOfWork) -> None:
        row = stores.get_store(store_id)
        columns = {name: value for name, value in columns_of(row).items() if getattr(row, name) != value}
        if columns:
            stores.stage_columns(unit.transaction, row, columns)

    run_unit_of_work(decide)
    return to_store_read(stores.get_store(store_id))
