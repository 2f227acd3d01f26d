"""The revenue of all customers by day."""

from __future__ import annotations

from datetime import date

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.models import RevenueDay
from chalicelib.kit.tables import readable_rows


def list_totals(first_day: date, last_day: date) -> list[RevenueDay]:
    """Return the days (UTC) that have revenue, in order."""
    days = RevenueDay.analytics_date.between(first_day, last_day)
    return list(readable_rows(RevenueDay.query(RevenueScope.ALL, days)))
