"""The tables of retention: what was archived, how far each run is, who asked for erasure or export."""

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
    """Announced and being written; no row was deleted."""
    VERIFIED = "verified"
    """Read back in full; its rows are being deleted."""
    PURGED = "purged"
    """Its rows are gone from the table, but for those that were touched since."""


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

    `cursor` holds the place of each segment that is not done yet, by the segment's number; `segments` is how many
    there were, which must not change while the run lasts.
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


class BySubject(GlobalSecondaryIndex["PrivacyRequest"]):
    class Meta:
        index_name = "by_subject"
        projection = AllProjection()

    subject = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class ByStatus(GlobalSecondaryIndex["PrivacyRequest"]):
    """The open ones by due date."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = EnumAttribute(PrivacyStatus, hash_key=True)
    due_at = DateTimeAttribute(range_key=True)


class PrivacyRequest(Table):
    """Somebody's wish to be erased, or to have what we hold of them."""

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
    by_subject = BySubject()
    by_status = ByStatus()
