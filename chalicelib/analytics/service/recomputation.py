"""Recomputation: days and revenue that are computed again from the stored events and reports.

Numbers are set, so a recomputation changes a number only if it was wrong.
"""

from __future__ import annotations

from datetime import date

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.errors import InvalidRange, SiteNotFound
from chalicelib.analytics.repository import event_days, sites
from chalicelib.analytics.schemas.recomputation import RecomputationCreate, RecomputationRead
from chalicelib.analytics.service import recurring_revenue
from chalicelib.analytics.service.revenue_days import PARTS
from chalicelib.analytics.service.revenue_reports import date_range
from chalicelib.kit import clock


def recompute(body: RecomputationCreate) -> RecomputationRead:
    """Make a tenant's days due, or all owners of a scope.

    Raises SiteNotFound, and InvalidRange if a tenant's range has over 366 days or revenue would begin in the future.
    """
    if body.tenant is not None:
        return RecomputationRead(days=_mark_days(body.tenant, *date_range(body.first, body.last)), owners=0)
    if body.first > clock.today():
        raise InvalidRange
    scopes = PARTS if body.scope in (None, RevenueScope.ALL) else (body.scope,)
    owners = sum(recurring_revenue.mark_all_due(scope, clock.now(), body.first) for scope in scopes)
    return RecomputationRead(days=0, owners=owners)


def _mark_days(tenant: str, first: date, last: date) -> int:
    if sites.find(tenant) is None:
        raise SiteNotFound
    days = event_days.list_by_tenant(tenant, first, last)
    for row in days:
        event_days.mark_due(tenant, row.day, clock.now())
    return len(days)
