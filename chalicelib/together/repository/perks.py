"""Rows of the perks: one for each entitlement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, column_actions, get_many, readable_rows, update_if
from chalicelib.together.enums import PerkStatus
from chalicelib.together.models import Perk

MAX_KEYS = 100
"""Keys of one BatchGetItem."""


def find(user_id: str, perk: str) -> Perk | None:
    """Return the perk, read consistently; None if it was never claimed."""
    try:
        return Perk.get(user_id, perk, consistent_read=True)
    except Perk.DoesNotExist:
        return None


def list_by_user(user_id: str) -> list[Perk]:
    """Return the member's perks of two years, read consistently."""
    return list(readable_rows(Perk.query(user_id, consistent_read=True)))


def list_by_status(status: PerkStatus, page: PageRequest) -> PageResult[Perk]:
    """Return a page of the perks of a status, the longest unchanged first; two reads."""
    keys = query_page(Perk.by_status.query(status, limit=page.limit, last_evaluated_key=page.start))
    rows = get_many([(Perk, (key.user_id, key.perk)) for key in keys.items], consistent=True)
    return PageResult([row for row in rows if row is not None and row.status is status], keys.last_key)


def iterate_by_status(status: PerkStatus) -> Iterator[Perk]:
    """Yield the perks of a status, the longest unchanged first."""
    page = list_by_status(status, PageRequest(limit=MAX_KEYS))
    yield from page.items
    while page.last_key:
        page = list_by_status(status, PageRequest(limit=MAX_KEYS, start=page.last_key))
        yield from page.items


def stage_claim(transaction: Transaction, row: Perk) -> None:
    """Write the perk in the transaction, which raises WriteConflict unless it is free: never claimed, or cancelled."""
    is_free = Perk.user_id.does_not_exist() | (Perk.status == PerkStatus.CANCELLED)
    transaction.put(row, condition=is_free, otherwise=WriteConflict())


def stage_columns(transaction: Transaction, row: Perk, columns: Mapping[str, Any]) -> None:
    """Set columns in the transaction, which raises WriteConflict if the perk has changed. None removes a column."""
    actions = column_actions(Perk, columns)
    is_same = (Perk.status == row.status) & (Perk.updated_at == row.updated_at)
    transaction.update(Perk(row.user_id, row.perk), actions, condition=is_same, otherwise=WriteConflict())


def iterate_unchanged(status: PerkStatus, since: datetime, until: datetime) -> Iterator[Perk]:
    """Yield the keys of the perks of a status that changed last between two times."""
    yield from readable_rows(Perk.by_status.query(status, Perk.updated_at.between(since, until)))


def remove_address(key: Perk) -> bool:
    """Remove the address of a perk. Returns False if it has none, or if the perk has changed since its key was read."""
    is_same = Perk.address.exists() & (Perk.updated_at == key.updated_at)
    return update_if(Perk(key.user_id, key.perk), [Perk.address.remove()], is_same)
