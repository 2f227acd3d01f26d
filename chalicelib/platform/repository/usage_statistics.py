"""The months of the stores' usage."""

from __future__ import annotations

from chalicelib.kit.tables import put_if
from chalicelib.platform.models import UsageStatistic


def find_month(period: str, store_id: str) -> UsageStatistic | None:
    """Return a store's month, read consistently, or None."""
    try:
        return UsageStatistic.get(period, store_id, consistent_read=True)
    except UsageStatistic.DoesNotExist:
        return None


def set_month(row: UsageStatistic) -> bool:
    """Set a store's month. Returns False if figures of more calls are stored: calls only grow, so those are newer."""
    is_newer = UsageStatistic.api_calls.does_not_exist() | (UsageStatistic.api_calls <= row.api_calls)
    return put_if(row, is_newer)
