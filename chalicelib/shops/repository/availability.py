"""Availability of a shop at Shopify: columns of the shop's row."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock
from chalicelib.kit.tables import update_if
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import installations
from chalicelib.shops.repository.tokens import ACTIVE


def mark_unavailable(shop: str, app: str, status: int, requested_at: datetime) -> bool:
    """Mark the shop as unavailable: Shopify refused a call of `requested_at` with this HTTP status.

    Keeps the time of the first refusal. Returns False if the app is not active, or if a later grant proves that the shop
    is available.
    """
    now = clock.now()
    actions = [
        Shop.unavailable_since.set(Shop.unavailable_since | now),
        Shop.unavailable_status.set(status),
        Shop.probed_at.set(now),
    ]
    has_no_grant_since = (Shop.installed_at <= requested_at) & (
        Shop.confirmed_at.does_not_exist() | (Shop.confirmed_at <= requested_at)
    )
    return update_if(Shop(shop, app), actions, ACTIVE & has_no_grant_since)


def mark_available(row: Shop) -> bool:
    """Remove the mark of an unavailable shop. Returns False if its columns have changed since `row` was read."""
    is_unchanged = _is(Shop.unavailable_since, row.unavailable_since) & _is(Shop.missed_since, row.missed_since)
    return update_if(
        Shop(row.shop, row.app), [column.remove() for column in installations.AVAILABILITY], ACTIVE & is_unchanged
    )


def note_missed(shop: str, app: str, since: datetime) -> bool:
    """Store the start of a backfill that an unavailable shop interrupted, unless an earlier start is stored.

    Returns False if the shop is not marked as unavailable: the backfill must be retried.
    """
    is_earlier = Shop.missed_since.does_not_exist() | (Shop.missed_since > since)
    is_marked = ACTIVE & Shop.unavailable_since.exists()
    if update_if(Shop(shop, app), [Shop.missed_since.set(since)], is_marked & is_earlier):
        return True
    row = installations.find(shop, app)
    return row is not None and row.is_active and row.unavailable_since is not None


def _is(column: Attribute[datetime], value: datetime | None) -> Condition:
    return column.does_not_exist() if value is None else column == value
