"""Table of the notices."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import NotificationKind


class NotificationsByDueIn(GlobalSecondaryIndex["Notification"]):
    """The notices that are to be sent in an hour. Sparse."""

    class Meta:
        index_name = "by_due_in"
        projection = KeysOnlyProjection()

    due_in = UnicodeAttribute(personal=False, hash_key=True, null=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class Notification(Table):
    """A notice to a member. `id` is `<scheduled_for>#<cause>`, so that a cause has one notice.

    `due_in` is `<UTC hour>#<shard>` while something is still to be sent. The notice of a relationship is shown only while
    it is active.
    """

    class Meta:
        table_name = tables.name("together", "notifications")

    KEEP: ClassVar = timedelta(days=180)

    by_due_in = NotificationsByDueIn()

    id = UnicodeAttribute(personal=False, range_key=True)
    user_id = UnicodeAttribute(personal=True, hash_key=True)
    kind = EnumAttribute(NotificationKind, personal=False)
    title = UnicodeAttribute(personal=True)
    body = UnicodeAttribute(personal=True)
    action_url = UnicodeAttribute(personal=False, null=True)
    relationship_id = UnicodeAttribute(personal=True, null=True)
    subject_id = UnicodeAttribute(personal=False, null=True)
    scheduled_for = DateTimeAttribute(personal=False)
    due_in = UnicodeAttribute(personal=False, null=True)
    claimed_until = DateTimeAttribute(personal=False, null=True)
    attempts = IntegerAttribute(personal=False, default=0)
    emailed = BooleanAttribute(personal=False, default=False)
    sent_at = DateTimeAttribute(personal=False, null=True)
    read_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
