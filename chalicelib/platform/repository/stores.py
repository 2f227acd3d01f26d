"""Rows of the stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, get_many
from chalicelib.platform.domain.slugs import FREED_AFTER
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.errors import SlugTaken, StoreNotFound
from chalicelib.platform.models import Store


def get_store(store_id: str) -> Store:
    """Return a store, read consistently. Raises StoreNotFound."""
    try:
        return Store.get(store_id, consistent_read=True)
    except Store.DoesNotExist:
        raise StoreNotFound from None


def find_stores(store_ids: list[str]) -> list[Store]:
    """Return the stores that exist, in the order of their ids (at most 100), read consistently with one call."""
    rows = get_many([(Store, (each,)) for each in store_ids], consistent=True)
    return [row for row in rows if row is not None]


def iterate_stores(store_ids: Iterable[str]) -> Iterator[Store]:
    """Yield the stores that exist, in the order of their ids: one call for each 100."""
    remaining = iter(store_ids)
    while chunk := list(islice(remaining, 100)):
        yield from find_stores(chunk)


def find_by_slug(slug: str) -> Store | None:
    """Return the store that has this slug now, read consistently; None if there is none."""
    store_id = unique_values.owner_of(_slug_key(slug))
    rows = find_stores([store_id]) if store_id else []
    return next((row for row in rows if row.slug == slug), None)


def list_by_owner(owner_id: str, page: PageRequest) -> PageResult[Store]:
    """Return a page of an owner's stores."""
    return _page(Store.by_owner, owner_id, page)


def iterate_by_owner(owner_id: str) -> Iterator[Store]:
    """Yield all stores of an owner, one call for each 100."""
    page: PageResult[Store] | None = None
    while page is None or page.last_key is not None:
        page = list_by_owner(owner_id, PageRequest(limit=100, start=page.last_key if page else None))
        yield from page.items


def list_by_database_status(status: DatabaseStatus, page: PageRequest) -> PageResult[Store]:
    """Return a page of the stores whose database has a status."""
    result = _page(Store.by_database_status, status, page)
    return PageResult([row for row in result.items if row.database_status is status], result.last_key)


def stage_new_store(transaction: Transaction, row: Store) -> None:
    """Add a store and claim its slug in the transaction, which raises SlugTaken if another store has it."""
    transaction.add(row)
    unique_values.claim(transaction, _slug_key(row.slug), row.id, SlugTaken())


def stage_columns(
    transaction: Transaction, row: Store, columns: Mapping[str, Any], condition: Condition | None = None
) -> None:
    """Stage these columns (None: removed) of a store, and its next version.

    The commit raises WriteConflict if the row has another version than `row`, or does not meet a further condition;
    SlugTaken if another store has the slug. The former slug becomes free after FREED_AFTER.
    """
    now = clock.now()
    actions: list[Action] = [
        *(getattr(Store, name).remove() for name, value in columns.items() if value is None),
        *(getattr(Store, name).set(value) for name, value in columns.items() if value is not None),
        Store.version.set(row.version + 1),
        Store.updated_at.set(now),
    ]
    is_same = Store.version == row.version
    transaction.update(
        Store(row.id), actions, is_same if condition is None else is_same & condition, otherwise=WriteConflict()
    )
    if columns.get("slug", row.slug) != row.slug:
        unique_values.claim(transaction, _slug_key(columns["slug"]), row.id, SlugTaken())
        unique_values.claim(transaction, _slug_key(row.slug), row.id, WriteConflict(), until=now + FREED_AFTER)


def _page(index: GlobalSecondaryIndex[Store], value: str, page: PageRequest) -> PageResult[Store]:
    """Return a page of the stores that an index holds under a value: the index holds keys only, so they are read by key."""
    keys = query_page(index.query(value, limit=page.limit, last_evaluated_key=page.start))
    return PageResult(find_stores([row.id for row in keys.items]), keys.last_key)


def _slug_key(slug: str) -> str:
    return unique_values.value_key("platform", "stores", "slug", slug)
