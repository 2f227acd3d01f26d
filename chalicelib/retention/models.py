"""The tables of retention: archive manifests, runs of rules, privacy requests."""

from __future__ import annotations

from enum import StrEnum

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class ArchiveStatus(StrEnum):
    WRITTEN = "written"
    """Announced; no row is deleted yet."""
    VERIFIED = "verified"
    """Read back and verified; its rows are being deleted."""
    PURGED = "purged"
    """Its rows are deleted from the table, except rows that changed after they were archived."""


class Archive(Table):
    """The manifest of one Parquet file. `source_table` is `<context>/<table>`."""

    class Meta:
        table_name = tables.name("retention", "archives")

    source_table = UnicodeAttribute(hash_key=True)
    archive_id = UnicodeAttribute(range_key=True)
    s3_key = UnicodeAttribute()
    row_count = IntegerAttribute()
    byte_count = IntegerAttribute()
    sha256 = UnicodeAttribute()
    oldest = DateTimeAttribute()
    newest = DateTimeAttribute()
    status = EnumAttribute(ArchiveStatus)
    created_at = DateTimeAttribute()


class RunStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class RuleRun(Table):
    """One run of a rule over its whole table, with one cut-off.

    `cursor` holds the cursor of each open segment, by number. `segments` is their number, which must not change during
    the run.
    """

    class Meta:
        table_name = tables.name("retention", "rule_runs")

    rule = UnicodeAttribute(hash_key=True)
    run = UnicodeAttribute(range_key=True)
    cut_off = DateTimeAttribute()
    segments = IntegerAttribute()
    cursor = JsonAttribute(null=True)
    status = EnumAttribute(RunStatus)
    rows_archived = IntegerAttribute(default=0)
    rows_deleted = IntegerAttribute(default=0)
    version = IntegerAttribute(default=0)
    started_at = DateTimeAttribute()
    completed_at = DateTimeAttribute(null=True)
    expires_epoch = ExpiryAttribute()


class PrivacyKind(StrEnum):
    ERASE = "erase"
    EXPORT = "export"


class PrivacyStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class PrivacyRequestsBySubject(GlobalSecondaryIndex["PrivacyRequest"]):
    class Meta:
        index_name = "by_subject"
        projection = AllProjection()

    subject = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class PrivacyRequestsByStatus(GlobalSecondaryIndex["PrivacyRequest"]):
    """Requests by status and due date."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = EnumAttribute(PrivacyStatus, hash_key=True)
    due_at = DateTimeAttribute(range_key=True)


class PrivacyRequest(Table):
    """A request to erase or export the data of a subject."""

    class Meta:
        table_name = tables.name("retention", "privacy_requests")

    id = UnicodeAttribute(hash_key=True)
    kind = EnumAttribute(PrivacyKind)
    subject = UnicodeAttribute()
    origin = UnicodeAttribute()
    status = EnumAttribute(PrivacyStatus)
    progress = JsonAttribute(null=True)
    version = IntegerAttribute(default=0)
    report = JsonAttribute(null=True)
    due_at = DateTimeAttribute()
    created_at = DateTimeAttribute()
    completed_at = DateTimeAttribute(null=True)
    by_subject = PrivacyRequestsBySubject()
    by_status = PrivacyRequestsByStatus()
