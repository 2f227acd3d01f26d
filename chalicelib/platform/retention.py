"""Retention and personal data of platform's tables."""

from __future__ import annotations

from chalicelib.kit.data_policy import Bucket, ExpiryAction, ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    CounterAdjustment,
    Delete,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
)
from chalicelib.platform.models import (
    ApiUsageLog,
    AuditLog,
    IntegrationConfig,
    MigrationRun,
    PerformanceMetric,
    PlatformSetting,
    PlatformUser,
    ProvisioningJob,
    RevenueEntry,
    RevenueReport,
    Store,
    StoreAnalytics,
    StoreMigration,
    Transfer,
    UsageHour,
    UsageMetric,
    UsageStatistic,
)

_STORES_STAY = "a store and its database end by the store's own deletion, which an owner does first"

RULES: tuple[RetentionRule, ...] = (
    RetentionRule("platform/revenue_entries", RevenueEntry, "occurred_at", RevenueEntry.KEEP, ExpiryAction.DELETE),
    RetentionRule("platform/usage_metrics", UsageMetric, "created_at", UsageMetric.KEEP, ExpiryAction.ARCHIVE),
    RetentionRule(
        "platform/audit_logs",
        AuditLog,
        "created_at",
        AuditLog.KEEP,
        ExpiryAction.ARCHIVE,
        object_columns=("before", "after"),
    ),
)


def _of_store(column: str) -> tuple[SubjectQuery, ...]:
    """Return the query of a table whose hash key is the store."""
    return (SubjectQuery(SubjectType.STORE, ByKey(column, "{id}")),)


TABLE_POLICIES = (
    TablePolicy(
        "platform/integration_configs",
        IntegrationConfig,
        queries=_of_store("store_id"),
        object_columns=("ca_certificate",),
    ),
    TablePolicy(
        "platform/provisioning_jobs",
        ProvisioningJob,
        queries=(
            SubjectQuery(SubjectType.STORE, ByIndex("store_id", "{id}")),
            SubjectQuery(
                SubjectType.OWNER,
                ViaTable("platform/stores", ByIndex("store_id", "{id}")),
                Redact({"requested_by": Redaction.PSEUDONYM_WITHIN}, reason=_STORES_STAY),
            ),
        ),
    ),
    TablePolicy("platform/migration_runs", MigrationRun),
    TablePolicy("platform/store_migrations", StoreMigration),
    TablePolicy(
        "platform/transfers", Transfer, queries=_of_store("store_id"), object_columns=("file_url", "report_url")
    ),
    TablePolicy("platform/store_analytics", StoreAnalytics, queries=_of_store("store_id")),
    TablePolicy("platform/usage_metrics", UsageMetric, queries=_of_store("store_id")),
    TablePolicy("platform/usage_hours", UsageHour, queries=_of_store("store_id")),
    TablePolicy("platform/api_usage_logs", ApiUsageLog, note="Shortened addresses of callers; gone after 90 days."),
    TablePolicy(
        "platform/revenue_entries",
        RevenueEntry,
        queries=(
            SubjectQuery(
                SubjectType.STORE,
                ByIndex("store_id", "{id}"),
                Redact({"store_id": Redaction.PSEUDONYM}, reason="the books are kept for seven years"),
            ),
        ),
    ),
    TablePolicy("platform/revenue_reports", RevenueReport),
    TablePolicy(
        "platform/usage_statistics", UsageStatistic, note="Counts of a store in a month, without personal data."
    ),
    TablePolicy("platform/performance_metrics", PerformanceMetric),
    TablePolicy("platform/platform_settings", PlatformSetting),
    TablePolicy("platform/audit_logs", AuditLog, note="Who acted must stay known; archived after two years."),
    TablePolicy(
        "platform/stores",
        Store,
        queries=(
            SubjectQuery(
                SubjectType.STORE,
                ByKey("id", "{id}"),
                Delete(CounterAdjustment("", PlatformUser, "{owner_id}", "store_count")),
                hidden_columns=("api_keys",),
            ),
            SubjectQuery(
                SubjectType.OWNER,
                ByIndex("owner_id", "{id}"),
                Redact({"owner_id": Redaction.PSEUDONYM}, reason=_STORES_STAY),
                hidden_columns=("api_keys",),
            ),
        ),
        erase_last=True,
        unique_values=(("slug", "slug"),),
    ),
    TablePolicy(
        "platform/users",
        PlatformUser,
        queries=(
            SubjectQuery(SubjectType.OWNER, ByKey("id", "{id}"), hidden_columns=("password_hash", "totp_secret")),
        ),
        erase_last=True,
        unique_values=(("email", "email"),),
    ),
)
OBJECT_PREFIXES: tuple[ObjectPrefix, ...] = (
    ObjectPrefix(
        Bucket.ARCHIVE,
        "backups/",
        {SubjectType.STORE: "backups/{id}/"},
        is_exported=False,
        note="Backups of a store's database, for its owner; deleted after 30 days.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "certificates/",
        {SubjectType.STORE: "certificates/{id}/"},
        note="Certificates of a store's server that are too large for its row.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "job-reports/",
        {SubjectType.STORE: "job-reports/{id}/"},
        note="Large reports of jobs, and the proofs of moves: hashes and keys of ranges of rows. Deleted after a year.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "payloads/platform/job-reports/",
        {SubjectType.STORE: "payloads/platform/job-reports/{id}/"},
        note="Large reports of jobs from earlier releases; deleted after 90 days.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "transfers/",
        {SubjectType.STORE: "transfers/{id}/"},
        note="Uploaded and exported CSV files and reports of imports; deleted after 30 days, like the rows of `transfers`.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "audit-values/",
        is_exported=False,
        note="Large fields of audit entries; archived and deleted with their row.",
    ),
)
