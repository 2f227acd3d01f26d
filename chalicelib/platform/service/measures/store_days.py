"""The days of a store: orders and customers from its database, visits from analytics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from chalicelib.analytics import service as analytics
from chalicelib.integrations.sql.errors import StatementFailed
from chalicelib.integrations.sql.servers import JOB_LIMITS
from chalicelib.kit import clock, logs
from chalicelib.kit.errors import Unavailable
from chalicelib.platform.domain import store_days as rules
from chalicelib.platform.domain.store_days import DayCounts
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.errors import StoreNotFound, StoreNotProvisioned
from chalicelib.platform.models import Store, StoreAnalytics
from chalicelib.platform.repository import store_analytics, store_day_counts, stores
from chalicelib.platform.schemas.measure_messages import StoreDaysRequested
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.measures import usage_statistics

READABLE = (DatabaseStatus.ACTIVE, DatabaseStatus.MOVING)

log = logs.logger("platform")


def measure_store(message: StoreDaysRequested) -> None:
    """Measure the days of a store, and its usage of their months; ignore a missing store.

    The days of a store whose server is down are skipped: the next run measures them again.
    """
    try:
        store = stores.get_store(message.store_id)
    except StoreNotFound:
        log.info("measures skipped: no such store", extra={"store": message.store_id})
        return
    usage_statistics.compute_months(store, message.days)
    try:
        measure_days(store, message.days)
    except (Unavailable, StatementFailed, StoreNotProvisioned) as error:
        log.warning("days not measured", extra={"store": store.id, "error": type(error).__name__})


def measure_days(store: Store, days: Sequence[date]) -> None:
    """Set the figures of the store's days since its creation, if its database is in use.

    Raises Unavailable, StoreNotProvisioned, StatementFailed.
    """
    created = rules.local_date(store.created_at, store.timezone)
    measured = [day for day in days if day >= created]
    if store.database_status not in READABLE or not measured:
        return
    started_at = clock.now()
    counts = _count_days(store, measured)
    for day, counted in zip(measured, counts, strict=True):
        figures = rules.day_figures(counted, analytics.count_sessions(f"store:{store.id}", day))
        row = StoreAnalytics(store.id, day, computed_at=started_at, **asdict(figures))
        if not store_analytics.set_day(row):
            log.info("day not stored: a later computation exists", extra={"store": store.id, "day": day.isoformat()})


def _count_days(store: Store, days: Sequence[date]) -> list[DayCounts]:
    bounds = [rules.day_bounds(day, store.timezone) for day in days]
    with store_connections.transaction(store, JOB_LIMITS) as transaction:
        return store_day_counts.count_days(transaction, store.currency, bounds)
