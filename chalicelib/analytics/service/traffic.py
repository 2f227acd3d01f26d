"""The numbers of a site's days for its readers, with rates computed from the stored counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chalicelib.analytics.domain.local_days import moment_of
from chalicelib.analytics.domain.packed_json import unpack
from chalicelib.analytics.domain.rates import rate
from chalicelib.analytics.models import DailyTraffic, FeatureUsage, PartnerDay
from chalicelib.analytics.repository import rollup_days, rollups
from chalicelib.analytics.schemas.traffic import (
    CountedValue,
    EngagementDay,
    EngagementDays,
    EventCountDays,
    FeatureList,
    FeatureSummary,
    PartnerDayRead,
    PartnerDaysRead,
    RecentEvent,
    TopValue,
    TrafficDay,
    TrafficOverview,
    TrafficTotals,
)

TOP_COUNT = 20
_SUMMED = ("visits", "page_views", "events", "bounces", "duration_seconds", "new_users", "bots")
_FEATURE_SUMS = (
    "new_users",
    "usage_count",
    "time_spent_seconds",
    "starts",
    "completions",
    "rating_sum",
    "rating_count",
)


def get_overview(tenant: str, first_day: date, last_day: date) -> TrafficOverview:
    """Return the traffic of a range of days: each day, totals, top lists, and the last events of the last day."""
    rows = rollup_days.list_traffic(tenant, first_day, last_day)
    return TrafficOverview(
        days=[TrafficDay.of(row) for row in rows],
        totals=_totals(rows),
        top=_top(rows),
        recent=_recent(rows),
    )


def list_features(tenant: str, first_day: date, last_day: date) -> FeatureList:
    """Return the usage of each feature in a range of days, the most used first."""
    by_feature: dict[str, list[FeatureUsage]] = {}
    for row in rollup_days.iterate_features(tenant, first_day, last_day):
        by_feature.setdefault(row.feature, []).append(row)
    active_users = sum(day.active_users for day in rollup_days.list_traffic(tenant, first_day, last_day))
    items = [_feature_summary(feature, rows, active_users) for feature, rows in by_feature.items()]
    return FeatureList(items=sorted(items, key=lambda item: (-item.usage_count, item.feature)))


def list_engagement(tenant: str, user_id: str, first_day: date, last_day: date) -> EngagementDays:
    """Return the engagement of a user by day."""
    rows = rollup_days.list_scores(tenant, user_id, first_day, last_day)
    return EngagementDays(user_id=user_id, days=[EngagementDay.of(row) for row in rows])


def list_counts(tenant: str, event: str, first_day: date, last_day: date) -> EventCountDays:
    """Return the counts of an event by day and value."""
    rows = rollups.list_event_counts(tenant, event, first_day, last_day)
    items = [CountedValue(day=row.day, value=row.value, count=row.event_count, visitors=row.visitors) for row in rows]
    return EventCountDays(event=event, items=items)


def list_partner_days(tenant: str, partner_id: str, first_day: date, last_day: date) -> PartnerDaysRead:
    """Return the bookings at a partner by day, of those that belong to the tenant."""
    rows = rollup_days.list_partner_days(partner_id, first_day, last_day)
    return PartnerDaysRead(partner_id=partner_id, days=[_partner_day(row) for row in rows if row.tenant == tenant])


def _totals(rows: Sequence[DailyTraffic]) -> TrafficTotals:
    sums = {name: sum(getattr(row, name) for row in rows) for name in _SUMMED}
    return TrafficTotals(
        **sums,
        daily_visitors=sum(row.visitors for row in rows),
        daily_active_users=sum(row.active_users for row in rows),
        bounce_rate=rate(sums["bounces"], sums["visits"]),
        average_duration_seconds=rate(sums["duration_seconds"], sums["visits"]),
    )


def _top(rows: Iterable[DailyTraffic]) -> dict[str, list[TopValue]]:
    """Return the sums of the days' lists. A value that is in no list of a day does not count for it."""
    counters: dict[str, Counter[str]] = {}
    for row in rows:
        lists: dict[str, list[tuple[str, int]]] = unpack(row.top) if row.top else {}
        for name, values in lists.items():
            counters.setdefault(name, Counter()).update(dict(values))
    return {name: _most_frequent(counter) for name, counter in sorted(counters.items())}


def _most_frequent(counter: Counter[str]) -> list[TopValue]:
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return [TopValue(value=value, count=count) for value, count in ranked[:TOP_COUNT]]


def _recent(rows: Sequence[DailyTraffic]) -> list[RecentEvent]:
    events: list[dict[str, Any]] = unpack(rows[-1].recent) if rows and rows[-1].recent else []
    return [RecentEvent(at=moment_of(event["at"]), type=event["type"], name=event["name"]) for event in events]


def _feature_summary(feature: str, rows: Sequence[FeatureUsage], active_users: int) -> FeatureSummary:
    sums = {name: sum(getattr(row, name) for row in rows) for name in _FEATURE_SUMS}
    users = sum(row.active_users for row in rows)
    return FeatureSummary(
        feature=feature,
        daily_active_users=users,
        completion_rate=rate(sums["completions"], sums["starts"]),
        satisfaction_score=rate(sums.pop("rating_sum"), sums["rating_count"]),
        adoption_rate=rate(users, active_users),
        last_used=max((row.last_used for row in rows if row.last_used), default=None),
        **sums,
    )


def _partner_day(row: PartnerDay) -> PartnerDayRead:
    columns = {name: getattr(row, name) for name in PartnerDayRead.model_fields if hasattr(row, name)}
    return PartnerDayRead(
        **columns,
        average_rating=rate(row.rating_sum, row.rating_count),
        repeat_rate=rate(row.repeat_bookings, row.bookings),
    )
