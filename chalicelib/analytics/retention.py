"""Retention and personal data of analytics' tables: DynamoDB's TTL deletes most rows, numbers without persons stay.

A tenant's rows are found by its key or index. Events, page views, scores and event counts have neither: an index would
add a write to each of them, and erasures of a tenant are rare. Events of a person's visits from before the sign-in are
deleted by the computation of their days, after the erasure has rewritten these days in the lake.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from chalicelib.analytics.models import (
    AnalyticsEvent,
    Campaign,
    DailyTraffic,
    EngagementScore,
    ErrorGroup,
    EventCount,
    EventDay,
    ExchangeRate,
    Experiment,
    ExperimentAssignment,
    ExperimentVariant,
    FeatureUsage,
    Funnel,
    FunnelStep,
    MrrMovement,
    PageView,
    PartnerDay,
    RecurringRevenue,
    Report,
    RevenueDay,
    Site,
    UserCohort,
    UserSession,
    VisitorSalt,
)
from chalicelib.analytics.repository import event_days
from chalicelib.kit import clock
from chalicelib.kit.data_policy import Bucket, ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.lakes import Lake, PersonColumns, PersonDays
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    OwnerFilter,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
)

RULES: tuple[RetentionRule, ...] = ()

TENANTS = {SubjectType.SHOP: "shop:{shop}:{app}", SubjectType.STORE: "store:{id}"}
"""The names of the tenants that are data subjects themselves."""
USERS = {
    SubjectType.CUSTOMER: "shop:{shop}:{app}",
    SubjectType.MEMBER: "together",
    SubjectType.STORE: "platform",
}
"""The tenants whose users are data subjects. The user's id is the customer's GID, the member's or the store's id."""
OWNERS = (SubjectType.MEMBER, SubjectType.STORE)

_SHORT_LIVED = "rows live for at most two years, and an index by tenant would add a write to each of them"
_FEW_GROUPS = "a tenant has few error groups, and they live for 90 days"
_REDACT_ERROR = Redact({"context": Redaction.REMOVED}, reason="the group counts errors of many users")


def _tenant_by_key(column: str = "tenant") -> tuple[SubjectQuery, ...]:
    return tuple(SubjectQuery(subject_type, ByKey(column, tenant)) for subject_type, tenant in TENANTS.items())


def _tenant_by_index() -> tuple[SubjectQuery, ...]:
    return tuple(SubjectQuery(subject_type, ByIndex("tenant", tenant)) for subject_type, tenant in TENANTS.items())


def _tenant_by_scan() -> tuple[SubjectQuery, ...]:
    return tuple(
        SubjectQuery(subject_type, ByScan(column="tenant", value=tenant, reason=_SHORT_LIVED))
        for subject_type, tenant in TENANTS.items()
    )


def _tenant_via(table: str, lookup: ByKey) -> tuple[SubjectQuery, ...]:
    return tuple(SubjectQuery(subject_type, ViaTable(table, lookup)) for subject_type in TENANTS)


def _user_by_key(column: str, mark: str = "") -> tuple[SubjectQuery, ...]:
    return tuple(
        SubjectQuery(subject_type, ByKey(column, f"{tenant}#{mark}{{id}}")) for subject_type, tenant in USERS.items()
    )


TABLE_POLICIES = (
    TablePolicy(
        "analytics/sites",
        Site,
        queries=_tenant_by_key(),
        unique_values=(("key", "key"), ("key", "previous_key"), ("secret_hash", "secret_hash")),
    ),
    TablePolicy("analytics/visitor_salts", VisitorSalt),
    TablePolicy("analytics/event_days", EventDay, queries=_tenant_by_key()),
    TablePolicy(
        "analytics/analytics_events", AnalyticsEvent, queries=(*_tenant_by_scan(), *_user_by_key("who", mark="u#"))
    ),
    TablePolicy("analytics/page_views", PageView, queries=(*_tenant_by_scan(), *_user_by_key("who", mark="u#"))),
    TablePolicy(
        "analytics/user_sessions",
        UserSession,
        queries=(
            *_tenant_via("analytics/event_days", ByKey("tenant_day", "{tenant}#{day}")),
            *(
                SubjectQuery(subject_type, ByIndex("tenant_user", f"{tenant}#{{id}}"))
                for subject_type, tenant in USERS.items()
            ),
        ),
    ),
    TablePolicy("analytics/daily_traffic", DailyTraffic, queries=_tenant_by_key()),
    TablePolicy("analytics/event_counts", EventCount, queries=_tenant_by_scan()),
    TablePolicy("analytics/feature_usage_metrics", FeatureUsage, queries=_tenant_by_index()),
    TablePolicy(
        "analytics/engagement_scores", EngagementScore, queries=(*_tenant_by_scan(), *_user_by_key("tenant_user"))
    ),
    TablePolicy("analytics/partner_analytics", PartnerDay),
    TablePolicy("analytics/revenue_analytics", RevenueDay),
    TablePolicy(
        "analytics/recurring_revenue",
        RecurringRevenue,
        queries=tuple(SubjectQuery(subject_type, ByKey("owner", "{subject_type}/{id}")) for subject_type in OWNERS),
        note="The days of revenue that were computed before stay: they are sums.",
    ),
    TablePolicy(
        "analytics/mrr_movements",
        MrrMovement,
        queries=tuple(
            SubjectQuery(subject_type, ByIndex("customer", "{subject_type}/{id}")) for subject_type in OWNERS
        ),
    ),
    TablePolicy("analytics/exchange_rates", ExchangeRate),
    TablePolicy("analytics/funnels", Funnel, queries=_tenant_by_key()),
    TablePolicy(
        "analytics/conversion_funnels",
        FunnelStep,
        queries=_tenant_via("analytics/funnels", ByKey("tenant_funnel", "{tenant}#{funnel}")),
    ),
    TablePolicy("analytics/reports", Report, queries=_tenant_by_key(), object_columns=("result",)),
    TablePolicy("analytics/ab_tests", Experiment, queries=_tenant_by_index()),
    TablePolicy(
        "analytics/ab_test_variants",
        ExperimentVariant,
        queries=_tenant_via("analytics/ab_tests", ByKey("test_id", "{test_id}")),
    ),
    TablePolicy(
        "analytics/ab_test_assignments",
        ExperimentAssignment,
        queries=(
            *_tenant_via("analytics/ab_tests", ByKey("test_id", "{test_id}")),
            *(SubjectQuery(subject_type, ByIndex("subject", "{id}")) for subject_type in USERS),
        ),
    ),
    TablePolicy("analytics/user_cohorts", UserCohort, queries=_tenant_by_index()),
    TablePolicy("analytics/email_campaign_analytics", Campaign, queries=_tenant_by_index()),
    TablePolicy(
        "analytics/error_logs",
        ErrorGroup,
        queries=(
            *_tenant_by_key(),
            *(
                SubjectQuery(
                    subject_type,
                    ByScan(column="context", value="{id}", contains=True, reason=_FEW_GROUPS),
                    _REDACT_ERROR,
                    OwnerFilter(json_column="context"),
                )
                for subject_type in USERS
            ),
        ),
    ),
)
OBJECT_PREFIXES = (
    ObjectPrefix(
        Bucket.IMAGES,
        "payloads/analytics/",
        note="Results of reports and of their queries: numbers only. The bucket deletes them after 90 days.",
    ),
)
_BOOKING_KEYS = ("commission", "partner", "rating", "status")
_ERROR_KEYS = ("fingerprint", "frames", "severity", "type")
_FEATURE_KEYS = ("action", "duration_seconds", "rating")


def mark_changed_day(tenant: str, day: str) -> None:
    """Make a day due at once; a computation in progress leaves the mark."""
    event_days.mark_due(tenant, date.fromisoformat(day), clock.now())


LAKES = (
    Lake(
        name="analytics/events",
        bucket=Bucket.ARCHIVE,
        columns=PersonColumns(
            person="user_id",
            visit=("session_id", "visitor"),
            substitutes=("user_id", "session_id", "visitor", "visitor_before", "person"),
            emptied=("path", "referrer", "ip_hash"),
            kept_keys=MappingProxyType(
                {
                    "data": tuple(
                        sorted({*_BOOKING_KEYS, *_ERROR_KEYS, *_FEATURE_KEYS, "campaign_id", "position", "test"})
                    )
                }
            ),
        ),
        days=PersonDays(EngagementScore, "{tenant}#{id}"),
        tenants=MappingProxyType(TENANTS),
        persons=MappingProxyType(USERS),
        mark_due=mark_changed_day,
        lifetime=EventDay.KEEP,
        transitions=MappingProxyType({"STANDARD_IA": 90, "GLACIER_IR": 365}),
        undated=("firsts",),
    ),
)
