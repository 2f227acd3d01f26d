"""Everything that the computations of a tenant have stored, without what may differ between two runs."""

from __future__ import annotations

from typing import Any

from chalicelib.analytics.models import (
    AnalyticsEvent,
    DailyTraffic,
    EngagementScore,
    EventCount,
    FeatureUsage,
    PageView,
    PartnerDay,
    UserSession,
)
from chalicelib.kit.tables import Table

TABLES: tuple[type[Table], ...] = (
    AnalyticsEvent,
    DailyTraffic,
    EngagementScore,
    EventCount,
    FeatureUsage,
    PageView,
    PartnerDay,
    UserSession,
)
_IGNORED = ("generation", "computed_at")


def stored_numbers(tenant: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the tenant by table, sorted. Tests may scan."""
    return {model.__name__: sorted(_rows(model, tenant), key=repr) for model in TABLES}


def _rows(model: type[Table], tenant: str) -> list[dict[str, Any]]:
    rows = [row.attribute_values for row in model.scan() if row.attribute_values["tenant"] == tenant]
    return [{name: value for name, value in row.items() if name not in _IGNORED} for row in rows]
