"""Usage of a store by month, summed from its days, and the limits that it is near."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta

from chalicelib.kit import clock, logs
from chalicelib.platform.domain import usage_statistics as rules
from chalicelib.platform.domain.census import month_bounds
from chalicelib.platform.domain.plan_limits import month_of
from chalicelib.platform.domain.revenue import periods_between
from chalicelib.platform.metrics import STORES_NEAR_LIMIT
from chalicelib.platform.models import Store, UsageStatistic
from chalicelib.platform.repository import usage_metrics, usage_statistics
from chalicelib.platform.service.stores import to_store_read

_ONE_DAY = timedelta(days=1)

log = logs.logger("platform")


def compute_months(store: Store, days: Iterable[date]) -> None:
    """Set the store's usage in the months of these days; unchanged rows are not written.

    Local days reach into the next day in UTC. A month without a call has no row.
    """
    dates = sorted(days)
    last = min(dates[-1] + _ONE_DAY, clock.now().date())
    for period in periods_between(f"{dates[0] - _ONE_DAY:%Y-%m}", f"{last:%Y-%m}"):
        _compute_month(store, period)


def _compute_month(store: Store, period: str) -> None:
    start, end = month_bounds(period)
    usage = rules.sum_days(usage_metrics.list_days(store.id, start.date(), end.date() - _ONE_DAY))
    if usage is None:
        return
    near = rules.limits_near(usage, to_store_read(store).limits)
    row = UsageStatistic(period, store.id, over_limit=near, **asdict(usage))
    before = usage_statistics.find_month(period, store.id)
    if before is not None and before.attribute_values == row.attribute_values:
        return
    if usage_statistics.set_month(row) and period == month_of(clock.now()):
        _count_newly_near(store, rules.newly_near(before.over_limit if before else [], near))


def _count_newly_near(store: Store, limits: list[str]) -> None:
    """Count the store if it newly came near a limit."""
    if limits:
        log.info("store near a limit", extra={"store": store.id, "limits": limits})
        STORES_NEAR_LIMIT.count()
