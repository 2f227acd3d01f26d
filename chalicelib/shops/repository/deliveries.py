"""Webhook deliveries: each is stored once, deduplicated by its own id and by its event's id."""

from __future__ import annotations

from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, get_many, update_if
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery

KEEP = timedelta(days=30)
UNSUBSCRIBED_TOPICS = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
"""Topics that Shopify delivers without a subscription made by API."""
_PAGE = 100


def add(row: WebhookDelivery) -> WebhookDelivery | None:
    """Store a delivery. Returns None; or the stored row if one with its id or its event's id exists."""
    row.expires_epoch = row.received_at + KEEP
    try:
        with Transaction() as transaction:
            transaction.add(row, otherwise=WriteConflict())
            if row.event_id:
                event = unique_values.value_key(
                    "shops", "webhook_deliveries", "event", row.app, row.shop, row.topic, row.event_id
                )
                unique_values.claim(
                    transaction, event, row.delivery_id, otherwise=WriteConflict(), until=row.expires_epoch
                )
    except WriteConflict as conflict:
        first = conflict.existing
        return get(first.owner) if isinstance(first, UniqueValue) else first
    return None


def get(delivery_id: str) -> WebhookDelivery:
    """Return a stored delivery, with a consistent read. Raises WebhookDelivery.DoesNotExist."""
    return WebhookDelivery.get(delivery_id, consistent_read=True)


def find(delivery_id: str) -> WebhookDelivery | None:
    """Return a stored delivery, with a consistent read; None if there is none."""
    try:
        return get(delivery_id)
    except WebhookDelivery.DoesNotExist:
        return None


def list_by_shop(shop: str, page: PageRequest) -> PageResult[WebhookDelivery]:
    """Return a page of the shop's deliveries, newest first. Rows that were deleted since are missing."""
    keys = WebhookDelivery.by_shop.query(
        shop, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
    )
    rows = get_many([(WebhookDelivery, (key.delivery_id,)) for key in keys])
    return PageResult([row for row in rows if row is not None], keys.last_evaluated_key)


def find_newest_event_time(shop: str, app: str) -> datetime | None:
    """Return when the newest stored event of a subscription of the app happened; None if none is stored.

    The newest page that holds one decides; a webhook that Shopify retries late is not the newest. Privacy topics need
    no subscription and do not count.
    """
    page: list[WebhookDelivery] = []
    for key in WebhookDelivery.by_shop.query(shop, scan_index_forward=False, page_size=_PAGE):
        page.append(key)
        if len(page) == _PAGE:
            if newest := _newest_event_time(page, app):
                return newest
            page = []
    return _newest_event_time(page, app)


def _newest_event_time(keys: list[WebhookDelivery], app: str) -> datetime | None:
    rows = get_many([(WebhookDelivery, (key.delivery_id,)) for key in keys])
    moments = [
        row.triggered_at or row.received_at
        for row in rows
        if row is not None and row.app == app and row.topic not in UNSUBSCRIBED_TOPICS
    ]
    return max(moments, default=None)


def save_parse_result(row: WebhookDelivery) -> None:
    """Write the status and error message of a delivery that was parsed a second time."""
    remark = WebhookDelivery.error_message
    WebhookDelivery(row.delivery_id).update(
        [
            WebhookDelivery.status.set(row.status),
            remark.set(row.error_message) if row.error_message else remark.remove(),
        ],
        condition=WebhookDelivery.delivery_id.exists(),
    )


def mark_processed(delivery_id: str) -> None:
    """Mark a received delivery as processed; does nothing if it is not in status `received`."""
    actions = processed_actions(clock.now())
    update_if(WebhookDelivery(delivery_id), actions, WebhookDelivery.status == DeliveryStatus.RECEIVED)


def mark_ignored(delivery_id: str, reason: str) -> None:
    """Mark a received delivery as processed without effect, with the reason; does nothing if it is not `received`."""
    actions = [*processed_actions(clock.now()), WebhookDelivery.error_message.set(reason)]
    update_if(WebhookDelivery(delivery_id), actions, WebhookDelivery.status == DeliveryStatus.RECEIVED)


def processed_actions(now: datetime) -> list[Action]:
    """Return the actions that mark a delivery as processed at `now`."""
    return [WebhookDelivery.status.set(DeliveryStatus.PROCESSED), WebhookDelivery.processed_at.set(now)]
