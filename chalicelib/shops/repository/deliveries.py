"""Webhook deliveries: each is on record once, by its own id and by its event's."""

from __future__ import annotations

from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, guards
from chalicelib.kit.models import Guard
from chalicelib.kit.tables import Transaction, get_many, update_if
from chalicelib.shops.errors import DuplicateDelivery
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery

KEEP = timedelta(days=30)
UNSUBSCRIBED_TOPICS = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
"""Topics that Shopify delivers without a subscription made by API."""
_PAGE = 100


def add(row: WebhookDelivery) -> WebhookDelivery | None:
    """Put a delivery on record. Answers None; or the row that stands for it already, by its id or by its event's."""
    row.expires_epoch = row.received_at + KEEP
    try:
        with Transaction() as transaction:
            transaction.add(row, otherwise=DuplicateDelivery())
            if row.event_id:
                event = guards.guard("shops", "webhook_deliveries", "event", row.app, row.shop, row.topic, row.event_id)
                guards.claim(
                    transaction, event, row.delivery_id, otherwise=DuplicateDelivery(), until=row.expires_epoch
                )
    except DuplicateDelivery as duplicate:
        first = duplicate.existing
        return get(first.owner) if isinstance(first, Guard) else first
    return None


def get(delivery_id: str) -> WebhookDelivery:
    """A delivery on record, read consistently."""
    return WebhookDelivery.get(delivery_id, consistent_read=True)


def find_last_triggered(shop: str, app: str) -> datetime | None:
    """Return when the newest stored event of a subscription of the app happened; None if none is stored.

    The newest page that holds one decides; a webhook that Shopify retries late is not the newest. Privacy topics need
    no subscription and do not count.
    """
    page: list[WebhookDelivery] = []
    for key in WebhookDelivery.by_shop.query(shop, scan_index_forward=False, page_size=_PAGE):
        page.append(key)
        if len(page) == _PAGE:
            if newest := _newest_event(page, app):
                return newest
            page = []
    return _newest_event(page, app)


def _newest_event(keys: list[WebhookDelivery], app: str) -> datetime | None:
    rows = get_many([(WebhookDelivery, (key.delivery_id,)) for key in keys])
    moments = [
        row.triggered_at or row.received_at
        for row in rows
        if row is not None and row.app == app and row.topic not in UNSUBSCRIBED_TOPICS
    ]
    return max(moments, default=None)


def find(delivery_id: str) -> WebhookDelivery | None:
    """A delivery on record, or None."""
    try:
        return get(delivery_id)
    except WebhookDelivery.DoesNotExist:
        return None


def save_reading(row: WebhookDelivery) -> None:
    """Note whether a delivery that could not be read can be read now."""
    remark = WebhookDelivery.error_message
    WebhookDelivery(row.delivery_id).update(
        [
            WebhookDelivery.status.set(row.status),
            remark.set(row.error_message) if row.error_message else remark.remove(),
        ],
        condition=WebhookDelivery.delivery_id.exists(),
    )


def complete(delivery_id: str) -> None:
    """Note, once, that a delivery was applied."""
    update_if(WebhookDelivery(delivery_id), processed(clock.now()), WebhookDelivery.status == DeliveryStatus.RECEIVED)


def dismiss(delivery_id: str, remark: str) -> None:
    """Note, once, that a delivery was looked at and why it changed nothing."""
    actions = [*processed(clock.now()), WebhookDelivery.error_message.set(remark)]
    update_if(WebhookDelivery(delivery_id), actions, WebhookDelivery.status == DeliveryStatus.RECEIVED)


def processed(now: datetime) -> list[Action]:
    """What a transaction that applies a delivery writes into its row."""
    return [WebhookDelivery.status.set(DeliveryStatus.PROCESSED), WebhookDelivery.processed_at.set(now)]
