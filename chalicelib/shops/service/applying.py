"""Recorded deliveries that concern an installation itself."""

from __future__ import annotations

from chalicelib.kit import logs
from chalicelib.kit.messages import publish
from chalicelib.shops.repository import deliveries, installations, sessions
from chalicelib.shops.schemas.messages import DeliveryReceived, ShopUninstalled

log = logs.logger("shops")


def apply(delivery: DeliveryReceived) -> None:
    """Do what a delivery asks of this context, once. Raises KeyError for a topic that is not its affair."""
    _BY_TOPIC[delivery.webhook_topic](delivery)


def _uninstall(delivery: DeliveryReceived) -> None:
    """The app was removed from the shop. Its tokens are dead, so nothing is asked of Shopify.

    Twice changes nothing; a delivery from before the last installation is only noted as stale.
    """
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    row = installations.uninstall(delivery.delivery_id, shop, app, triggered_at)
    if row is not None and row.is_active:
        deliveries.dismiss(delivery.delivery_id, "stale: from before the last installation")
        log.info("stale uninstall", extra={"shop": shop, "app": app})
        return
    if row is not None and row.uninstalled_at != triggered_at:
        deliveries.dismiss(delivery.delivery_id, "the app was not installed")
        return
    # From here on also when this delivery was applied before: a crash may have come in between.
    sessions.delete_until(shop, app, triggered_at)
    publish(ShopUninstalled(message_id=delivery.delivery_id, shop=shop, app=app, uninstalled_at=triggered_at))


_BY_TOPIC = {"app/uninstalled": _uninstall}
