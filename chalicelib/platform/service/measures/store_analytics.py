"""The measured days of a store, for its owner."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.kit.auth import Account
from chalicelib.platform.domain.store_days import local_date
from chalicelib.platform.repository import store_analytics
from chalicelib.platform.schemas.measures import (
    DEFAULT_DAYS,
    MAX_DAYS,
    StoreAnalyticsQuery,
    StoreAnalyticsRead,
    StoreDayRead,
)
from chalicelib.platform.service.store_access import get_accessible_store


def read_store_analytics(account: Account, store_id: str, query: StoreAnalyticsQuery) -> StoreAnalyticsRead:
    """Return the measured days of a store that the account may see: with two reads. Raises StoreNotFound."""
    store = get_accessible_store(account, store_id)
    today = local_date(clock.now(), store.timezone)
    last = query.end or (query.start + timedelta(days=MAX_DAYS - 1) if query.start else today)
    first = query.start or last - timedelta(days=DEFAULT_DAYS - 1)
    rows = store_analytics.list_days(store.id, first, last)
    return StoreAnalyticsRead(
        timezone=store.timezone, currency=store.currency, days=[StoreDayRead.of(row) for row in rows]
    )
