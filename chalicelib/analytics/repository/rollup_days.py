"""Rollups of a range of days, for readers. Expired rows are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TypeVar

from chalicelib.analytics.models import DailyTraffic, EngagementScore, FeatureUsage, PartnerDay
from chalicelib.kit import clock
from chalicelib.kit.tables import get_many, readable_rows, update_if

R = TypeVar("R", DailyTraffic, EngagementScore, FeatureUsage)
_BATCH = 100


def list_traffic(tenant: str, first_day: date, last_day: date) -> list[DailyTraffic]:
    """Return the days of a tenant, in order."""
    return _current(readable_rows(DailyTraffic.query(tenant, DailyTraffic.date.between(first_day, last_day))))


def list_scores(tenant: str, user_id: str, first_day: date, last_day: date) -> list[EngagementScore]:
    """Return the days of a user, in order."""
    days = EngagementScore.date.between(first_day, last_day)
    return _current(readable_rows(EngagementScore.query(f"{tenant}#{user_id}", days)))


def list_partner_days(partner_id: str, first_day: date, last_day: date) -> list[PartnerDay]:
    """Return the days of a partner, in order."""
    return list(readable_rows(PartnerDay.query(partner_id, PartnerDay.date.between(first_day, last_day))))


def iterate_features(tenant: str, first_day: date, last_day: date) -> Iterator[FeatureUsage]:
    """Iterate over the usage of all features of a tenant; one read call for each 100 rows."""
    keys = FeatureUsage.by_tenant.query(tenant, FeatureUsage.date.between(first_day, last_day))
    pairs = ((FeatureUsage, (key.tenant_feature, key.date)) for key in keys)
    while batch := list(islice(pairs, _BATCH)):
        yield from _current(row for row in get_many(batch) if row is not None)


def set_active_users(tenant: str, day: date, week: int, month: int) -> None:
    """Set the known users of the 7 and of the 30 days to `day`, if the day has traffic."""
    actions = [DailyTraffic.active_users_7d.set(week), DailyTraffic.active_users_30d.set(month)]
    is_stale = (DailyTraffic.active_users_7d != week) | (DailyTraffic.active_users_30d != month)
    update_if(DailyTraffic(tenant, day), actions, DailyTraffic.tenant.exists() & is_stale)


def _current(rows: Iterable[R]) -> list[R]:
    now = clock.now()
    return [row for row in rows if row.expires_epoch > now]
