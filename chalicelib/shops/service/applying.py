"""Recorded deliveries that concern an installation itself, or that need more than their payload."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.kit import logs
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.messages import publish
from chalicelib.shops import evidence
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.evidence import Evidence
from chalicelib.shops.gids import gid
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from chalicelib.shops.repository import deliveries, details, installations, sessions
from chalicelib.shops.repository.session_evidence import evidence_of
from chalicelib.shops.schemas.messages import (
    DeliveryReceived,
    PrivacyRequested,
    PrivacyTopic,
    ScopesUpdated,
    ShopUninstalled,
    ShopUpdated,
)
from chalicelib.shops.schemas.orders import OrderEdited
from chalicelib.shops.service.admin import LEFT_ALONE, admin
from chalicelib.shops.service.bodies import payload_of
from chalicelib.shops.service.fetching import fetch_order
from chalicelib.shops.service.payloads import read_order_edit, read_scopes, read_shop
from chalicelib.shops.service.token_check import is_let_in

POSTPONED_SECONDS = 300
"""How long a merchant who is at work has time to show that the app is there: an open page renews its session token
every minute."""
AWAY = "the app is not installed"

log = logs.logger("shops")


def apply(delivery: DeliveryReceived) -> None:
    """Do what a delivery asks of this context, once. Raises KeyError for a topic that is not its affair."""
    _BY_TOPIC[delivery.webhook_topic](delivery)


def _uninstall(delivery: DeliveryReceived) -> None:
    """End an installation that was removed. Its tokens are dead, so Shopify is not asked.

    A second delivery changes nothing; one from before the newest evidence of the installation is noted as stale. Shopify
    is asked if the delivery has no time, or if only a session token is newer.
    """
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    if _is_undated(delivery) and is_let_in(shop, app):
        deliveries.dismiss(delivery.delivery_id, "stale: it has no time, and Shopify lets the app in")
        log.info("an uninstall without a time ends nothing: Shopify lets us in", extra={"shop": shop, "app": app})
        return
    tolerance = timedelta(0) if delivery.attempt == 1 else evidence.CLOCK_SKEW
    row = installations.uninstall(delivery.delivery_id, shop, app, triggered_at, tolerance)
    if row is not None and not _was_applied(delivery):
        if row.is_active and _is_postponed(delivery, evidence_of(row)):
            return
        remark = "stale: from before the newest evidence of the app" if row.is_active else AWAY
        deliveries.dismiss(delivery.delivery_id, remark)
        log.info("an uninstall ends nothing", extra={"shop": shop, "app": app, "why": remark})
        return
    # From here on also when this delivery was applied before, whatever the shop did since: a crash may have come
    # in between.
    sessions.delete_until(shop, app, triggered_at)
    publish(ShopUninstalled(message_id=delivery.delivery_id, shop=shop, app=app, uninstalled_at=triggered_at))


def _is_postponed(delivery: DeliveryReceived, known: Evidence) -> bool:
    """Postpone, once, an uninstall that only a session token of the same seconds contradicts.

    A removal has ended the tokens that were granted before it. They are tried and deleted here, so that the
    merchant's next request exchanges its session token: the grant then decides.
    """
    if not evidence.has_dead_tokens(known, delivery.triggered_at):
        return False
    is_doubtful = delivery.attempt == 1 and evidence.is_doubtful(known, delivery.triggered_at)
    try:
        is_there = is_let_in(delivery.shop, delivery.app)
    except Unavailable:
        if is_doubtful:
            raise
        return False  # a check of the token follows the merchant's next request
    if is_there or not is_doubtful:
        return False
    publish(delivery.model_copy(update={"attempt": 2}), delay_seconds=POSTPONED_SECONDS)
    log.info("uninstall postponed: a session token is as new", extra={"shop": delivery.shop, "app": delivery.app})
    return True


def _is_undated(delivery: DeliveryReceived) -> bool:
    """Whether Shopify did not say when it was, so that it may be old though it came now; False for one that was applied."""
    return _row(delivery).triggered_at is None and not _was_applied(delivery)


def _update_shop(delivery: DeliveryReceived) -> None:
    shop, app, told_at = delivery.shop, delivery.app, delivery.triggered_at
    columns = read_shop(payload_of(_row(delivery)))
    try:
        is_newest = details.save_details(shop, app, columns, told_at)
    except ShopNotInstalled:
        return deliveries.dismiss(delivery.delivery_id, AWAY)
    if not is_newest:
        return deliveries.dismiss(delivery.delivery_id, "stale: a newer one was applied")
    told = {name: value for name, value in columns.items() if name != "email"}
    publish(ShopUpdated(message_id=delivery.delivery_id, shop=shop, app=app, triggered_at=told_at, **told))
    return deliveries.complete(delivery.delivery_id)


def _update_scopes(delivery: DeliveryReceived) -> None:
    shop, app, told_at = delivery.shop, delivery.app, delivery.triggered_at
    scopes = read_scopes(payload_of(_row(delivery)))
    try:
        is_newest = details.save_scope(shop, app, ",".join(scopes), told_at)
    except ShopNotInstalled:
        return deliveries.dismiss(delivery.delivery_id, AWAY)
    if not is_newest:
        return deliveries.dismiss(delivery.delivery_id, "stale: a newer one was applied")
    publish(ScopesUpdated(message_id=delivery.delivery_id, shop=shop, app=app, scopes=scopes, triggered_at=told_at))
    return deliveries.complete(delivery.delivery_id)


def _edit_order(delivery: DeliveryReceived) -> None:
    """The payload is the edit; the order is fetched as it reads now."""
    shop, app, told_at = delivery.shop, delivery.app, delivery.triggered_at
    number = read_order_edit(payload_of(_row(delivery)))
    try:
        order = fetch_order(admin(shop, app), gid("Order", number))
    except ShopNotInstalled:
        return deliveries.dismiss(delivery.delivery_id, f"{AWAY}, or its tokens are dead")
    except ShopifyRefused as error:
        if error.status not in LEFT_ALONE:
            raise
        return deliveries.dismiss(delivery.delivery_id, f"Shopify lets nobody at this shop now ({error.status})")
    if order is None:
        return deliveries.dismiss(delivery.delivery_id, "the order is gone")
    edited = OrderEdited(message_id=delivery.delivery_id, shop=shop, app=app, triggered_at=told_at, **order.fields)
    publish(edited)
    return deliveries.complete(delivery.delivery_id)


def _redact_shop(delivery: DeliveryReceived) -> None:
    """Have the shop erased, unless the app is there again: Shopify asks for it 48 hours after the removal.

    If `app/uninstalled` never came, the installation ends here.
    """
    shop, app = delivery.shop, delivery.app
    removed_at = delivery.triggered_at - evidence.REDACTED_AFTER
    row = installations.find(shop, app)
    if row is not None and row.is_active:
        row = None if _came_back(row, removed_at) else _end_unseen(delivery, removed_at)
        if row is None or row.is_active:
            deliveries.dismiss(delivery.delivery_id, "the shop came back")
            log.info("not erased: the shop came back", extra={"shop": shop, "app": app})
            return
    if row is not None and row.uninstalled_at == removed_at:
        sessions.delete_until(shop, app, removed_at)
        publish(ShopUninstalled(message_id=delivery.delivery_id, shop=shop, app=app, uninstalled_at=removed_at))
    request = PrivacyRequested(
        message_id=delivery.delivery_id,
        shop=delivery.shop,
        app=delivery.app,
        request=PrivacyTopic.SHOP_REDACT,
        triggered_at=delivery.triggered_at,
    )
    publish(request)
    deliveries.complete(delivery.delivery_id)


def _came_back(row: Shop, removed_at: datetime) -> bool:
    """Whether an active installation is evidently there after `removed_at`, or Shopify lets us in now."""
    return evidence_of(row).newest_at > removed_at or is_let_in(row.shop, row.app)


def _end_unseen(delivery: DeliveryReceived, removed_at: datetime) -> Shop:
    """End an installation whose `app/uninstalled` never came; the row as it stands then."""
    installations.uninstall(delivery.delivery_id, delivery.shop, delivery.app, removed_at)
    return installations.find(delivery.shop, delivery.app) or Shop(delivery.shop, delivery.app, is_active=False)


def _was_applied(delivery: DeliveryReceived) -> bool:
    row = _row(delivery)
    return row.status is DeliveryStatus.PROCESSED and row.error_message is None


def _row(delivery: DeliveryReceived) -> WebhookDelivery:
    return deliveries.get(delivery.delivery_id)


_BY_TOPIC = {
    "app/uninstalled": _uninstall,
    "app/scopes_update": _update_scopes,
    "shop/update": _update_shop,
    "orders/edited": _edit_order,
    PrivacyTopic.SHOP_REDACT: _redact_shop,
}
