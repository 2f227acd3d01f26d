"""Entries of a shop's history: installs, uninstalls, reinstalls, changes of access scopes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import ids
from chalicelib.shops.models import EventType, InstallationLog, Shop
from chalicelib.shops.scopes import missing_scopes


def new_entry(shop: str, app: str, event: EventType, now: datetime, metadata: Any = None) -> InstallationLog:
    """Return an entry of the shop's history."""
    return InstallationLog(
        shop=shop, id=ids.time_ordered(), app=app, event_type=event, metadata=metadata, created_at=now
    )


def decide_event(row: Shop | None, granted: str) -> EventType:
    """Return the event type of an installation: `scopes_update` if an active app gets other access scopes.

    `row` is the shop's row before the installation, `granted` the scopes, separated by commas.
    """
    if row is None:
        return EventType.INSTALL
    return EventType.SCOPES_UPDATE if row.is_active and are_scopes_changed(row, granted) else EventType.REINSTALL


def are_scopes_changed(row: Shop, granted: str) -> bool:
    """Return whether the scopes differ from the row's; unknown scopes count as unchanged.

    A write scope includes its read scope, which Shopify lists in some responses only.
    """
    if not granted or not row.scope:
        return False
    return bool(missing_scopes(granted, row.scope) or missing_scopes(row.scope, granted))
