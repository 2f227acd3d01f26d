"""Installations: when an app came to a shop, and when it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib.integrations.shopify import Grant
from chalicelib.kit import clock, ids, subjects, tombstones
from chalicelib.kit.pages import PageRequest, Slice, take
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.models import EventType, InstallationLog, Session, Shop, WebhookDelivery
from chalicelib.shops.repository import deliveries, sessions, tokens
from chalicelib.shops.repository.conditions import (
    ACTIVE,
    AWAY,
    Overtaken,
    Removed,
    no_evidence_since,
    not_removed_since,
)


def find(shop: str, app: str) -> Shop | None:
    """The app's row of the shop, installed or not, read consistently."""
    try:
        return Shop.get(shop, app, consistent_read=True)
    except Shop.DoesNotExist:
        return None


def get_active(shop: str, app: str) -> Shop:
    """The row of an app that is installed now. Raises ShopNotInstalled."""
    row = find(shop, app)
    if row is None or not row.is_active:
        raise ShopNotInstalled
    return row


def install(shop: str, app: str, grant: Grant, state: str, asked_at: datetime) -> EventType:
    """Write session, shop and log in one transaction: `install`, or `reinstall` if the shop was here before.

    One that was erased is heard again from then on.

    `asked_at` is when Shopify was asked for the grant: what happened before it cannot have ended this installation,
    what happened after it can. A later grant stands. Raises Removed where an uninstall from after it was told already.
    """
    now = clock.now()
    for _ in range(2):
        is_new = find(shop, app) is None
        event = EventType.INSTALL if is_new else EventType.REINSTALL
        actions = [
            *tokens.granted(shop, app, grant, now),
            *tokens.granted_scope(grant, asked_at),
            Shop.is_active.set(True),
            Shop.active_app.set(app),
            Shop.installed_at.set(asked_at),
            Shop.uninstalled_at.remove(),
            *(column.remove() for column in (Shop.registered_at, Shop.session_issued_at, Shop.token_checked_at)),
            Shop.updated_at.set(now),
        ]
        if is_new:
            actions += [Shop.created_at.set(now), Shop.iana_timezone.set("UTC"), Shop.plan_name.set("basic")]
        is_newest = not_removed_since(asked_at) & (Shop.installed_at <= asked_at)
        condition = Shop.shop.does_not_exist() if is_new else is_newest
        try:
            with Transaction() as transaction:
                transaction.update(Shop(shop, app), actions, condition=condition, otherwise=Overtaken())
                transaction.put(sessions.offline(shop, app, grant, state, now))
                transaction.add(_log(shop, app, event, now))
                tombstones.unearth(subjects.app(shop, app), transaction)
            return event
        except Overtaken as overtaken:
            if is_new:
                continue  # by the very first installation: now it is there
            if overtaken.existing.is_active:
                return event  # by a later grant, which ended this one's tokens
            raise Removed from overtaken
    raise Overtaken


def mark_registered(row: Shop) -> bool:
    """Note that this installation's webhooks stand and the others know; False where it is not the present one."""
    condition = ACTIVE & (Shop.installed_at == row.installed_at)
    return update_if(Shop(row.shop, row.app), [Shop.registered_at.set(clock.now())], condition)


def touch(row: Shop) -> bool:
    """Set the row's `updated_at`; False where somebody was faster."""
    return update_if(Shop(row.shop, row.app), [Shop.updated_at.set(clock.now())], Shop.updated_at == row.updated_at)


def iterate_active(app: str) -> Iterator[Shop]:
    """The shops that have the app, oldest installation first, page by page."""
    yield from Shop.by_active_app.query(app, page_size=100)


def uninstall(
    delivery_id: str, shop: str, app: str, triggered_at: datetime, tolerance: timedelta = timedelta(0)
) -> Shop | None:
    """End the installation in one transaction: row, tokens, offline session, log and delivery.

    Return None; or the row as it stands if there is nothing to end: the app is inactive already, or there is evidence
    of it after `triggered_at` (of a session token: later by more than `tolerance`). A shop that was never here counts
    as inactive.
    """
    now = clock.now()
    actions = [
        *tokens.gone(),
        Shop.is_active.set(False),
        Shop.active_app.remove(),
        Shop.uninstalled_at.set(triggered_at),
        Shop.last_triggered_at.set(triggered_at),
        Shop.updated_at.set(now),
    ]
    ends = ACTIVE & no_evidence_since(triggered_at, tolerance)
    try:
        with Transaction() as transaction:
            transaction.update(Shop(shop, app), actions, condition=ends, otherwise=Overtaken())
            transaction.delete(Session(sessions.offline_id(shop, app)))
            transaction.add(_log(shop, app, EventType.UNINSTALL, now, {"triggered_at": clock.iso(triggered_at)}))
            transaction.update(WebhookDelivery(delivery_id), deliveries.processed(now))
    except Overtaken as overtaken:
        row: Shop = overtaken.existing or Shop(shop, app, is_active=False)
        if overtaken.existing and not row.is_active:
            # An installation that is under way since before it must not come to life.
            told = [Shop.last_triggered_at.set(triggered_at)]
            update_if(Shop(shop, app), told, AWAY & not_removed_since(triggered_at))
        return row
    return None


def list_events(shop: str, app: str, page: PageRequest) -> Slice[InstallationLog]:
    """The app's comings and goings in the shop, newest first."""
    rows = InstallationLog.query(
        shop,
        filter_condition=InstallationLog.app == app,
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return take(rows)


def _log(shop: str, app: str, event: EventType, now: datetime, metadata: Any = None) -> InstallationLog:
    return InstallationLog(
        shop=shop, id=ids.time_ordered(), app=app, event_type=event, metadata=metadata, created_at=now
    )
