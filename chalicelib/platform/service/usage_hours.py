"""The usage of stores: hours computed from the logs, then their days. Both are set, so that a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from chalicelib.kit import clock, logs
from chalicelib.platform.domain import usage_hours as rules
from chalicelib.platform.domain import usage_metrics as days
from chalicelib.platform.domain.packed_endpoints import pack_endpoints
from chalicelib.platform.domain.usage_metrics import DayTotals
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store, UsageHour, UsageMetric
from chalicelib.platform.repository import stores, usage_hours, usage_logs, usage_metrics

log = logs.logger("platform")


def roll_up_usage(store_id: str, hours: Iterable[datetime]) -> None:
    """Compute the hours of a store that are not final, then the days that they belong to; ignore a missing store."""
    try:
        store = stores.get_store(store_id)
    except StoreNotFound:
        log.info("roll-up skipped: no such store", extra={"store": store_id})
        return
    affected: dict[date, None] = {}
    for hour in hours:
        _compute_hour(store_id, hour)
        affected[hour.date()] = None
    for day in affected:
        _compute_day(store, day)


def _compute_hour(store_id: str, hour: datetime) -> None:
    stored = usage_hours.find_hour(store_id, hour)
    if stored is None or stored.is_final:
        return
    started_at = clock.now()
    usage = rules.tally_calls(usage_logs.iterate_logs_of_hour(store_id, hour))
    row = UsageHour(
        store_id,
        hour,
        calls=usage.calls,
        errors=usage.errors,
        changes=rules.stored_changes(usage),
        endpoints=pack_endpoints(usage.endpoints),
        is_final=rules.is_final(hour, started_at),
        computed_at=started_at,
    )
    if not usage_hours.set_figures(row):
        log.info("hour not stored: a later computation is stored", extra={"store": store_id, "hour": clock.iso(hour)})


def _compute_day(store: Store, day: date) -> None:
    now, start = clock.now(), days.start_of_day(day)
    hours = usage_hours.list_hours(store.id, start, start + timedelta(hours=23))
    totals = DayTotals(store.product_count, store.storage_used_bytes, days.are_totals_present(day, now))
    if not usage_metrics.set_day(UsageMetric(store.id, day), days.sum_hours(hours), totals, now):
        log.info("day not stored: a later computation is stored", extra={"store": store.id, "day": day.isoformat()})
