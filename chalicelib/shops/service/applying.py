"""Recorded deliveries that concern an installation itself, or that need more than their payload."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations.shopify import ACCESS_SECONDS, ShopifyRefused
from chalicelib.kit import logs
from chalicelib.kit.messages import publish
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.gids import gid
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from chalicelib.shops.repository import deliveries, details, installations, sessions
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

REDACTED_AFTER = timedelta(hours=48)
"""How long after the app was removed Shopify asks to erase the shop (privacy law compliance, `shop/redact`)."""
AWAY = "the app is not installed"

log = logs.logger("shops")


def apply(delivery: DeliveryReceived) -> None:
    """Do what a delivery asks of this context, once. Raises KeyError for a topic that is not its affair."""
    _BY_TOPIC[delivery.webhook_topic](delivery)


def _uninstall(delivery: DeliveryReceived) -> None:
    """The app was removed from the shop. Its tokens are dead, so nothing is asked of Shopify but where it does not say
    when.

    Twice changes nothing; a delivery from before the last installation is only noted as stale.
    """
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    if _is_undated(delivery) and _lets_us_in(shop, app):
        deliveries.dismiss(delivery.delivery_id, "stale: it has no time, and Shopify lets the app in")
        log.info("an uninstall without a time ends nothing: Shopify lets us in", extra={"shop": shop, "app": app})
        return
    row = installations.uninstall(delivery.delivery_id, shop, app, triggered_at)
    if row is not None and not _was_applied(delivery):
        remark = "stale: from before the last installation" if row.is_active else AWAY
        deliveries.dismiss(delivery.delivery_id, remark)
        log.info("an uninstall ends nothing", extra={"shop": shop, "app": app, "why": remark})
        return
    # From here on also when this delivery was applied before, whatever the shop did since: a crash may have come
    # in between.
    sessions.delete_until(shop, app, triggered_at)
    publish(ShopUninstalled(message_id=delivery.delivery_id, shop=shop, app=app, uninstalled_at=triggered_at))


def _is_undated(delivery: DeliveryReceived) -> bool:
    """Whether Shopify did not say when it was, so that it may be old though it came now; False for one that was applied."""
    return _row(delivery).triggered_at is None and not _was_applied(delivery)


def _lets_us_in(shop: str, app: str) -> bool:
    try:
        admin(shop, app).graphql("{ shop { id } }")
    except (ShopNotInstalled, ShopifyRefused):
        return False
    return True


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
    """Shopify asks this 48 hours after the app was removed; what a shop has that came back is not erased."""
    row = installations.find(delivery.shop, delivery.app)
    if row is not None and _was_there(row, delivery.triggered_at - REDACTED_AFTER):
        deliveries.dismiss(delivery.delivery_id, "the shop came back")
        log.info("not erased: the shop came back", extra={"shop": delivery.shop, "app": delivery.app})
        return
    request = PrivacyRequested(
        message_id=delivery.delivery_id,
        shop=delivery.shop,
        app=delivery.app,
        request=PrivacyTopic.SHOP_REDACT,
        triggered_at=delivery.triggered_at,
    )
    publish(request)
    deliveries.complete(delivery.delivery_id)


def _was_there(row: Shop, moment: datetime) -> bool:
    """Whether the app was installed after `moment`, as far as is known: it came since, or Shopify granted it a token.

    A row is active for long after it was removed where `app/uninstalled` never reached us.
    """
    granted_at = row.token_expires_at - timedelta(seconds=ACCESS_SECONDS) if row.token_expires_at else row.installed_at
    return row.is_active and max(granted_at, row.installed_at) > moment


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
