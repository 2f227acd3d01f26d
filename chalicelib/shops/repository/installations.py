"""Installations: the row of an app in a shop, its conditions, and the transactions that start and end it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.expressions.update import Action

from chalicelib.integrations.shopify.oauth import Grant
from chalicelib.kit import clock, data_subjects, tombstones
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, column_actions, get_many, update_if
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.models import EventType, InstallationLog, Session, Shop, WebhookDelivery
from chalicelib.shops.repository import deliveries, sessions, tokens
from chalicelib.shops.repository.installation_logs import decide_event, new_entry
from chalicelib.shops.repository.tokens import ACTIVE

AVAILABILITY: tuple[Attribute[Any], ...] = (
    Shop.unavailable_since,
    Shop.unavailable_status,
    Shop.probed_at,
    Shop.missed_since,
)
"""Columns of an unavailable shop; they are removed once it is available."""
_ENDED_WITH_INSTALLATION: tuple[Attribute[Any], ...] = (
    Shop.registered_at,
    Shop.session_issued_at,
    Shop.token_checked_at,
)
"""Columns that a new installation clears."""
_ENDED_WITH_REMOVAL: tuple[Attribute[Any], ...] = (Shop.refused_topics, *AVAILABILITY)
"""Columns that a new installation clears, too, unless the app was active: its registration backfills what they note."""
_INACTIVE = Shop.is_active == False  # noqa: E712 - a condition, not a comparison


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation to be written. `state` is the hash of the OAuth state, empty for a token exchange.

    `requested_at` is when the grant was requested from Shopify: only a later removal can have ended the installation.
    """

    shop: str
    app: str
    grant: Grant
    state: str
    requested_at: datetime


def find(shop: str, app: str) -> Shop | None:
    """Return the app's row in the shop, active or not, with a consistent read; None if there is none."""
    try:
        return Shop.get(shop, app, consistent_read=True)
    except Shop.DoesNotExist:
        return None


def find_many(app: str, shops: Sequence[str]) -> list[Shop]:
    """Return the app's rows in at most 100 shops, active or not, with one consistent read call."""
    rows = get_many([(Shop, (shop, app)) for shop in shops], consistent=True)
    return [row for row in rows if row]


def get_active(shop: str, app: str) -> Shop:
    """Return the row of an active installation. Raises InstallationNotFound."""
    row = find(shop, app)
    if row is None or not row.is_active:
        raise InstallationNotFound
    return row


def stage_installation(
    transaction: Transaction, installation: Installation, row: Shop | None, names: Sequence[Action] = ()
) -> None:
    """Add an installation to the transaction: shop, session, log; remove the tombstone of an erased shop.

    `row` is the shop's row as it was read; `names` write its id and domain. The commit raises WriteConflict if the row was
    created since then, has a later installation, or an uninstall at `requested_at` or later.
    """
    now, shop, app = clock.now(), installation.shop, installation.app
    is_newest = _no_removal_since(installation.requested_at) & (Shop.installed_at <= installation.requested_at)
    condition = is_newest if row else Shop.shop.does_not_exist()
    actions = [*_installation_actions(installation, now), *names]
    if row is None or not row.is_active:
        actions += [column.remove() for column in _ENDED_WITH_REMOVAL]
    if row is None:
        actions += [Shop.created_at.set(now), Shop.iana_timezone.set("UTC"), Shop.plan_name.set("basic")]
    transaction.update(Shop(shop, app), actions, condition=condition, otherwise=WriteConflict())
    transaction.put(sessions.offline_session(shop, app, installation.grant, installation.state, now))
    transaction.add(new_entry(shop, app, decide_event(row, installation.grant.scope), now))
    tombstones.remove(data_subjects.app(shop, app), transaction)


def _installation_actions(installation: Installation, now: datetime) -> list[Action]:
    grant, requested_at = installation.grant, installation.requested_at
    return [
        *tokens.grant_actions(installation.shop, installation.app, grant, now),
        *tokens.scope_actions(grant, requested_at),
        Shop.is_active.set(True),
        Shop.active_app.set(installation.app),
        Shop.installed_at.set(requested_at),
        Shop.uninstalled_at.remove(),
        *(column.remove() for column in _ENDED_WITH_INSTALLATION),
        Shop.updated_at.set(now),
    ]


def mark_registered(row: Shop) -> bool:
    """Store that this installation's webhooks are registered. Returns False if a later installation replaced it."""
    condition = ACTIVE & (Shop.installed_at == row.installed_at)
    return update_if(Shop(row.shop, row.app), [Shop.registered_at.set(clock.now())], condition)


def save_refused_topics(row: Shop, topics: dict[str, dict[str, str]]) -> bool:
    """Store the refused webhook topics with reason and time, unless a later installation replaced the row."""
    condition = ACTIVE & (Shop.installed_at == row.installed_at)
    return update_if(Shop(row.shop, row.app), column_actions(Shop, {"refused_topics": topics or None}), condition)


def claim_registration_retry(row: Shop) -> bool:
    """Set the row's `updated_at`. Returns False if a concurrent request has changed the row since it was read."""
    return update_if(Shop(row.shop, row.app), [Shop.updated_at.set(clock.now())], Shop.updated_at == row.updated_at)


def list_by_active_app(app: str, page: PageRequest) -> PageResult[Shop]:
    """Return a page of shops with the app active, oldest installation first."""
    return query_page(Shop.by_active_app.query(app, limit=page.limit, last_evaluated_key=page.start))


def iterate_active(app: str) -> Iterator[Shop]:
    """Yield the shops with an active installation of the app, oldest installation first, page by page."""
    yield from Shop.by_active_app.query(app, page_size=100)


def end_installation(
    delivery_id: str, shop: str, app: str, triggered_at: datetime, tolerance: timedelta = timedelta(0)
) -> Shop | None:
    """End the installation in one transaction: row, tokens, offline session, log and delivery.

    Returns None; or the stored row if there is nothing to end: the app is already inactive, or there is evidence of the
    installation after `triggered_at` (a session token counts only if later by more than `tolerance`). A shop without a
    row counts as inactive.
    """
    now = clock.now()
    actions = [
        *tokens.token_removal_actions(),
        Shop.is_active.set(False),
        Shop.active_app.remove(),
        Shop.uninstalled_at.set(triggered_at),
        Shop.last_triggered_at.set(triggered_at),
        Shop.updated_at.set(now),
    ]
    condition = ACTIVE & _no_evidence_since(triggered_at, tolerance)
    try:
        with Transaction() as transaction:
            transaction.update(Shop(shop, app), actions, condition=condition, otherwise=WriteConflict())
            transaction.delete(Session(sessions.offline_session_id(shop, app)))
            transaction.add(new_entry(shop, app, EventType.UNINSTALL, now, {"triggered_at": clock.iso(triggered_at)}))
            transaction.update(WebhookDelivery(delivery_id), deliveries.processed_actions(now))
    except WriteConflict as conflict:
        row: Shop = conflict.existing or Shop(shop, app, is_active=False)
        if conflict.existing and not row.is_active:
            # An installation whose grant was requested before the removal must not become active.
            newest_removal = [Shop.last_triggered_at.set(triggered_at)]
            update_if(Shop(shop, app), newest_removal, _INACTIVE & _no_removal_since(triggered_at))
        return row
    return None


def list_events(shop: str, app: str, page: PageRequest) -> PageResult[InstallationLog]:
    """Return a page of the app's installs and uninstalls in the shop, newest first."""
    rows = InstallationLog.query(
        shop,
        filter_condition=InstallationLog.app == app,
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return query_page(rows)


def _no_removal_since(moment: datetime) -> Any:
    """Return the condition that no uninstall of `moment` or later is stored."""
    return Shop.last_triggered_at.does_not_exist() | (Shop.last_triggered_at < moment)


def _no_evidence_since(moment: datetime, tolerance: timedelta) -> Any:
    """Return the condition that no evidence after `moment` is stored; a session token may be later by `tolerance`."""
    session = Shop.session_issued_at
    return (
        (Shop.installed_at <= moment)
        & (Shop.confirmed_at.does_not_exist() | (Shop.confirmed_at <= moment))
        & (session.does_not_exist() | (session <= moment + tolerance))
    )
