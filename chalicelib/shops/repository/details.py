"""Details and access scopes of a shop, as Shopify last reported them; older reports that arrive late are ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.attributes import DateTimeAttribute
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.models import EventType, Shop
from chalicelib.shops.repository.installation_logs import are_scopes_changed, new_entry
from chalicelib.shops.repository.tokens import ACTIVE


def save_details(shop: str, app: str, details: dict[str, Any], triggered_at: datetime) -> bool:
    """Write the shop's details as of `triggered_at`; keys are columns. Returns False if newer details are stored.

    Raises InstallationNotFound.
    """
    return _save_if_newer(Shop(shop, app), details, Shop.details_triggered_at, triggered_at)


def save_scope(shop: str, app: str, scope: str, triggered_at: datetime) -> bool:
    """Write the app's access scopes (separated by commas) as of `triggered_at`. Returns False if newer ones are stored.

    Raises InstallationNotFound.
    """
    return _save_if_newer(Shop(shop, app), {"scope": scope}, Shop.scope_triggered_at, triggered_at)


def save_granted_scope(row: Shop, scope: str, triggered_at: datetime) -> bool:
    """Write the app's access scopes as `save_scope` does; if they have changed, add an entry to the history.

    `row` is the shop's row as it was read. Raises WriteConflict if its scopes have changed since then.
    """
    if not are_scopes_changed(row, scope):
        return save_scope(row.shop, row.app, scope, triggered_at)
    actions = [Shop.scope.set(scope), Shop.scope_triggered_at.set(triggered_at), Shop.updated_at.set(clock.now())]
    is_newer = Shop.scope_triggered_at.does_not_exist() | (Shop.scope_triggered_at <= triggered_at)
    condition = ACTIVE & is_newer & (Shop.scope == row.scope)
    entry = new_entry(row.shop, row.app, EventType.SCOPES_UPDATE, clock.now())
    try:
        with Transaction() as transaction:
            transaction.update(Shop(row.shop, row.app), actions, condition=condition, otherwise=WriteConflict())
            transaction.add(entry)
    except WriteConflict as conflict:
        stored = conflict.existing
        if stored is None or not stored.is_active:
            raise InstallationNotFound from conflict
        if stored.scope != row.scope:
            raise
        return False
    return True


def _save_if_newer(
    shop: Shop, columns: dict[str, Any], timestamp_column: DateTimeAttribute, triggered_at: datetime
) -> bool:
    actions = [getattr(Shop, name).set(value) for name, value in columns.items() if value is not None]
    actions += [timestamp_column.set(triggered_at), Shop.updated_at.set(clock.now())]
    is_newer = timestamp_column.does_not_exist() | (timestamp_column <= triggered_at)
    try:
        with Transaction() as transaction:
            transaction.update(shop, actions, condition=ACTIVE & is_newer, otherwise=WriteConflict())
    except WriteConflict as conflict:
        row = conflict.existing
        if row is None or not row.is_active:
            raise InstallationNotFound from conflict
        return False
    return True
