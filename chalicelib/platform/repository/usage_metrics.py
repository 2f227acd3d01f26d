"""The days of the stores' usage."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from chalicelib.kit.tables import readable_rows, update_if
from chalicelib.platform.domain.usage_metrics import DayTotals, DayUsage
from chalicelib.platform.models import UsageMetric


def set_day(row: UsageMetric, usage: DayUsage, totals: DayTotals, now: datetime) -> bool:
    """Set the figures of the row's day. Totals that are stored stay, unless `totals` are present.

    Returns False if figures of more calls are stored: logs only grow, so those are newer.
    """
    actions = [getattr(UsageMetric, name).set(value) for name, value in asdict(usage).items()]
    for name, value in (("total_products", totals.products), ("storage_total_bytes", totals.storage_bytes)):
        column = getattr(UsageMetric, name)
        actions.append(column.set(value if totals.are_present else column | value))
    actions.append(UsageMetric.created_at.set(UsageMetric.created_at | now))
    is_newer = UsageMetric.api_calls.does_not_exist() | (UsageMetric.api_calls <= usage.api_calls)
    return update_if(row, actions, is_newer)


def list_days(store_id: str, first: date, last: date) -> list[UsageMetric]:
    """Return a store's days from `first` to `last`, both included. An unreadable row is skipped."""
    return list(readable_rows(UsageMetric.query(store_id, UsageMetric.metric_date.between(first, last))))
