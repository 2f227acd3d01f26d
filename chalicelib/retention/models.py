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

    source_table = UnicodeAttribute(personal=False, hash_key=True)
    archive_id = UnicodeAttribute(personal=False, range_key=True)
    s3_key = UnicodeAttribute(personal=False)
    row_count = IntegerAttribute(personal=False)
    byte_count = IntegerAttribute(personal=False)
    sha256 = UnicodeAttribute(personal=False)
    oldest = DateTimeAttribute(personal=False)
    newest = DateTimeAttribute(personal=False)
    status = EnumAttribute(ArchiveStatus, personal=False)
    created_at = DateTimeAttribute(personal=False)


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

    rule = UnicodeAttribute(personal=False, hash_key=True)
    run = UnicodeAttribute(personal=False, range_key=True)
    cut_off = DateTimeAttribute(personal=False)
    segments = IntegerAttribute(personal=False)
    cursor = JsonAttribute(personal=True, null=True)
    status = EnumAttribute(RunStatus, personal=False)
    rows_archived = IntegerAttribute(personal=False, default=0)
    rows_deleted = IntegerAttribute(personal=False, default=0)
    version = IntegerAttribute(personal=False, default=0)
    started_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False)


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

    subject = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class PrivacyRequestsByStatus(GlobalSecondaryIndex["PrivacyRequest"]):
    """Requests by status and due date."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = EnumAttribute(PrivacyStatus, personal=False, hash_key=True)
    due_at = DateTimeAttribute(personal=False, range_key=True)


class PrivacyRequest(Table):
    """A request to erase or export the data of a subject."""

    class Meta:
        table_name = tables.name("retention", "privacy_requests")

    id = UnicodeAttribute(personal=False, hash_key=True)
    kind = EnumAttribute(PrivacyKind, personal=False)
    subject = UnicodeAttribute(personal=True)
    origin = UnicodeAttribute(personal=False)
    status = EnumAttribute(PrivacyStatus, personal=False)
    progress = JsonAttribute(personal=True, null=True)
    version = IntegerAttribute(personal=False, default=0)
    report = JsonAttribute(personal=False, null=True)
    due_at = DateTimeAttribute(personal=False)
    created_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    by_subject = PrivacyRequestsBySubject()
    by_status = PrivacyRequestsByStatus()
