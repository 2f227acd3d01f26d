"""Reports of revenue for the operator: by day or month, and the movements of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from functools import reduce
from itertools import groupby

from chalicelib.analytics.domain.revenue_days import (
    PaymentFigures,
    RevenueFigures,
    add_days,
    add_payments,
    is_final,
    revenue_rates,
)
from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.errors import InvalidRange
from chalicelib.analytics.models import MrrMovement
from chalicelib.analytics.repository import mrr_movements
from chalicelib.analytics.schemas.revenue import RevenuePeriodRead, RevenueQuery, RevenueRead
from chalicelib.analytics.service import revenue_days
from chalicelib.kit import clock, config
from chalicelib.kit.pagination import PageRequest, PageResult

MAX_DAYS = 366
DEFAULT_DAYS = 30

Day = tuple[date, RevenueFigures, PaymentFigures]


def report_revenue(query: RevenueQuery) -> RevenueRead:
    """Return the revenue of a range of days. Raises InvalidRange if it has over MAX_DAYS days."""
    first, last = date_range(query.first, query.last)
    days = revenue_days.list_days(query.scope, first, last)
    length = 10 if query.by == "day" else 7
    periods = [_period(list(group)) for _, group in groupby(days, key=lambda each: each[0].isoformat()[:length])]
    return RevenueRead(scope=query.scope, currency=config.settings().reporting_currency, periods=periods)


def list_movements(scope: RevenueScope, day: date, page: PageRequest) -> PageResult[MrrMovement]:
    """Return a page of the movements of a scope and day, by customer. Rows without a change of MRR are left out."""
    rows = mrr_movements.list_by_day(scope, day, page)
    return PageResult([row for row in rows.items if row.amount], rows.last_key)


def date_range(first: date | None, last: date | None) -> tuple[date, date]:
    """Return a range of days; by default the last DEFAULT_DAYS up to today. Raises InvalidRange if it is too long."""
    last = last or clock.today()
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
        raise InvalidRange
    return first, last


def _period(days: Sequence[Day]) -> RevenuePeriodRead:
    figures = add_days([each for _, each, _ in days])
    payments = reduce(add_payments, [each for _, _, each in days])
    last_day = days[-1][0]
    return RevenuePeriodRead(
        first_day=days[0][0],
        last_day=last_day,
        is_final=is_final(last_day, clock.now()),
        **{**asdict(payments), **figures.columns, **revenue_rates(figures)},
    )
