"""The table of error groups."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.analytics.enums import Severity
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class ErrorGroupsByUnresolved(GlobalSecondaryIndex["ErrorGroup"]):
    """A tenant's unresolved groups of one severity by their latest error. Sparse."""

    class Meta:
        index_name = "by_unresolved"
        projection = KeysOnlyProjection()

    unresolved = UnicodeAttribute(personal=True, hash_key=True)
    occurred_at = DateTimeAttribute(personal=False, range_key=True)


class ErrorGroup(Table):
    """The errors of a tenant with one fingerprint, deleted 90 days after the latest.

    `id` is derived from the fingerprint, so one read finds a group by it. `days` maps a date to its count, for the last
    90 days; `occurrences` is their sum. Message, stack trace and context are the latest error's. `unresolved` is
    `<tenant>#<severity>` until the group is resolved.
    """

    class Meta:
        table_name = tables.name("analytics", "error_logs")

    KEEP: ClassVar = timedelta(days=90)

    by_unresolved = ErrorGroupsByUnresolved()

    id = UnicodeAttribute(personal=False, range_key=True)
    tenant = UnicodeAttribute(personal=True, hash_key=True)
    error_type = UnicodeAttribute(personal=False)
    error_message = UnicodeAttribute(personal=True)
    severity = EnumAttribute(Severity, personal=False)
    unresolved = UnicodeAttribute(personal=True, null=True)
    stack_trace = UnicodeAttribute(personal=True, null=True)
    fingerprint = UnicodeAttribute(personal=False)
    occurrences = IntegerAttribute(personal=False, default=1)
    days = JsonAttribute(personal=False, default=dict)
    users_affected = IntegerAttribute(personal=False, default=0)
    context = JsonAttribute(personal=True, null=True)
    is_resolved = BooleanAttribute(personal=False, default=False)
    resolved_at = DateTimeAttribute(personal=False, null=True)
    resolved_by = UnicodeAttribute(personal=False, null=True)
    first_seen_at = DateTimeAttribute(personal=False)
    occurred_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
