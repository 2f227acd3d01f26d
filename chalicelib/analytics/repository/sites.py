"""Sites by tenant, by public key and by secret. Unique values lead from a key to its site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from pynamodb.expressions.update import Action

from chalicelib.analytics.enums import SiteKind
from chalicelib.analytics.errors import SiteExists, SiteNotFound
from chalicelib.analytics.models import Site
from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import Conflict, VersionMismatch, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Transaction, get_many, readable_rows, update_if

SHARDS = 8
"""Of the sites that are closed in the same hour."""
_HOUR = "%Y-%m-%dT%H"


def find(tenant: str) -> Site | None:
    """Return the tenant's site, read consistently, or None."""
    try:
        return Site.get(tenant, consistent_read=True)
    except Site.DoesNotExist:
        return None


def get(tenant: str) -> Site:
    """Return the tenant's site, read consistently. Raises SiteNotFound."""
    row = find(tenant)
    if row is None:
        raise SiteNotFound
    return row


def find_by_key(key: str) -> Site | None:
    """Return the site that has, or had, this public key, or None."""
    return _find_by("key", key)


def find_by_secret_hash(secret_hash: str) -> Site | None:
    """Return the site with this hash of its secret key, or None."""
    return _find_by("secret_hash", secret_hash)


def list_by_kind(kind: SiteKind, page: PageRequest) -> PageResult[Site]:
    """Return one page of the sites of a kind, by tenant."""
    keys = Site.by_kind.query(kind, limit=page.limit, last_evaluated_key=page.start)
    rows = get_many([(Site, (row.tenant,)) for row in keys])
    return PageResult([row for row in rows if row is not None], keys.last_evaluated_key)


def add(row: Site, response: Schema, idempotency: Idempotency | None = None) -> None:
    """Write a new site and claim its keys. Raises SiteExists."""
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, response)
        transaction.add(row, otherwise=SiteExists())
        _claim(transaction, row, "key", row.key)
        _claim(transaction, row, "secret_hash", row.secret_hash)


def change(row: Site, values: Mapping[str, Any], otherwise: VersionMismatch | WriteConflict) -> Site:
    """Set these columns and return the row as it is then. Raises `otherwise` if it changed since it was read."""
    with Transaction() as transaction:
        _stage_change(transaction, row, values, otherwise)
    return get(row.tenant)


def replace_keys(row: Site, keys: Mapping[str, Any], response: Schema, idempotency: Idempotency | None) -> None:
    """Write new keys; `previous_key` in `keys` stays claimed until `previous_until`.

    Raises VersionMismatch if the site changed since it was read.
    """
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, response)
        _stage_change(transaction, row, keys, VersionMismatch())
        _claim(transaction, row, "key", keys["key"])
        _claim(transaction, row, "secret_hash", keys["secret_hash"])
        _claim(transaction, row, "key", keys["previous_key"], until=keys["previous_until"])
        unique_values.release(transaction, _unique("secret_hash", row.secret_hash), row.tenant)
        if row.previous_key:
            unique_values.release(transaction, _unique("key", row.previous_key), row.tenant)


def mark_close_due(row: Site, due: datetime | None) -> None:
    """Set the hour in which the site's day is closed, None for none, unless another process has set it since the read."""
    action = Site.close_due.remove() if due is None else Site.close_due.set(_close_key(due, row.tenant))
    is_unchanged = Site.close_due.does_not_exist() if row.close_due is None else Site.close_due == row.close_due
    update_if(Site(row.tenant), [action], Site.tenant.exists() & is_unchanged)


def iterate_close_due(hour: datetime) -> Iterator[str]:
    """Iterate over the tenants whose sites are to be closed in an hour (UTC)."""
    for shard in range(SHARDS):
        for row in readable_rows(Site.by_close_due.query(f"{hour:{_HOUR}}#{shard}")):
            yield row.tenant


def is_close_due(row: Site, now: datetime) -> bool:
    """Return whether the site is to be closed now."""
    return row.close_due is not None and row.close_due <= f"{now:{_HOUR}}#{SHARDS}"


def _close_key(due: datetime, tenant: str) -> str:
    return f"{due:{_HOUR}}#{crc32(tenant.encode()) % SHARDS}"


def _stage_change(
    transaction: Transaction, row: Site, values: Mapping[str, Any], otherwise: VersionMismatch | WriteConflict
) -> None:
    actions: list[Action] = [Site.updated_at.set(clock.now()), Site.version.set(row.version + 1)]
    for name, value in values.items():
        column = getattr(Site, name)
        actions.append(column.remove() if value is None else column.set(value))
    transaction.update(Site(row.tenant), actions, Site.version == row.version, otherwise)


def _find_by(field: str, value: str) -> Site | None:
    tenant = unique_values.owner_of(_unique(field, value))
    return find(tenant) if tenant else None


def _claim(transaction: Transaction, row: Site, field: str, value: str, until: datetime | None = None) -> None:
    unique_values.claim(transaction, _unique(field, value), row.tenant, Conflict("This key is taken."), until)


def _unique(field: str, value: str) -> str:
    return unique_values.value_key("analytics", "sites", field, value)
