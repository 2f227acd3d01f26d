"""Webhook deliveries: each is stored once, deduplicated by its webhook id and by its event id.

Both ids are unique only within an app, shop and topic. Most webhook ids are unique and are the key of the row. The previous
version used the same key, so its deliveries are deduplicated, too.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, get_many, update_if
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.webhook_topics import COMPLIANCE_TOPICS

KEEP = timedelta(days=30)
_PAGE = 100
_DIGEST_DIGITS = 32


def add(row: WebhookDelivery) -> WebhookDelivery:
    """Store a delivery unless it is a duplicate. Returns the stored row: `row`, or the earlier delivery.

    A duplicate has the same app, shop and topic, and the same webhook id or event id. If another delivery has the key of
    `row`, changes `delivery_id` and `webhook_id` of `row`.
    """
    row.expires_epoch = row.received_at + KEEP
    first = _find_or_write(row, distinct_key(row))
    if isinstance(first, WebhookDelivery) and not _is_same(first, row):
        row.webhook_id, row.delivery_id = row.delivery_id, distinct_key(row)
        first = _find_or_write(row, row.webhook_id)
    return get(first.owner) if isinstance(first, UniqueValue) else first or row


def distinct_key(row: WebhookDelivery) -> str:
    """Return a key that is distinct for each app, shop and topic: `<webhook id>~<digest>`."""
    identity = json.dumps([row.app, row.shop, row.topic]).encode()
    return f"{row.webhook_id or row.delivery_id}~{hashlib.sha256(identity).hexdigest()[:_DIGEST_DIGITS]}"


def _find_or_write(row: WebhookDelivery, other_key: str) -> WebhookDelivery | UniqueValue | None:
    """Write the row in one transaction and return None. If a row or unique value exists, return it and write nothing.

    Without an event id, a delivery with `other_key` also counts as existing.
    """
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
            else:
                is_other = WebhookDelivery.delivery_id.does_not_exist() | _is_of_another(row)
                transaction.check(WebhookDelivery, (other_key,), is_other, otherwise=WriteConflict())
    except WriteConflict as conflict:
        first: WebhookDelivery | UniqueValue = conflict.existing
        return first
    return None


def _is_same(one: WebhookDelivery, other: WebhookDelivery) -> bool:
    return (one.app, one.shop, one.topic) == (other.app, other.shop, other.topic)


def _is_of_another(row: WebhookDelivery) -> Condition:
    is_same: Condition = (
        (WebhookDelivery.app == row.app) & (WebhookDelivery.shop == row.shop) & (WebhookDelivery.topic == row.topic)
    )
    condition: Condition = ~is_same
    return condition


def get(delivery_id: str) -> WebhookDelivery:
    """Return a stored delivery, with a consistent read. Raises WebhookDelivery.DoesNotExist."""
    return WebhookDelivery.get(delivery_id, consistent_read=True)


def find(delivery_id: str) -> WebhookDelivery | None:
    """Return a stored delivery, with a consistent read; None if there is none."""
    try:
        return get(delivery_id)
    except WebhookDelivery.DoesNotExist:
        return None


def list_by_webhook_id(webhook_id: str) -> list[WebhookDelivery]:
    """Return the deliveries with this key or webhook id, at most 100: first the one with the key, then the newest.

    A delivery with another key may be missing for about a second after it was stored, because the index lags.
    """
    keys = [row.delivery_id for row in WebhookDelivery.by_webhook_id.query(webhook_id, limit=_PAGE - 1)]
    rows = get_many([(WebhookDelivery, (key,)) for key in (webhook_id, *keys)], consistent=True)
    present = [row for row in rows if row is not None]
    return sorted(present, key=lambda row: (row.delivery_id == webhook_id, row.received_at), reverse=True)


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
        if row is not None and row.app == app and row.topic not in COMPLIANCE_TOPICS
    ]
    return max(moments, default=None)


def find_oldest_time(shop: str, app: str) -> datetime | None:
    """Return when the oldest stored delivery to the app under this domain arrived; None if none is on the first page."""
    keys = list(WebhookDelivery.by_shop.query(shop, limit=_PAGE))
    rows = get_many([(WebhookDelivery, (key.delivery_id,)) for key in keys])
    return min((row.received_at for row in rows if row is not None and row.app == app), default=None)


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
