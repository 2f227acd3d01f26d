"""Table of the AI ideas."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

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
from chalicelib.together.enums import IdeaKind, IdeaStatus


class IdeasByPending(GlobalSecondaryIndex["Idea"]):
    """The ideas that are pending, oldest first. Sparse: others have no `pending_since`."""

    class Meta:
        index_name = "by_pending"
        projection = KeysOnlyProjection()

    status = EnumAttribute(IdeaStatus, personal=False, hash_key=True)
    pending_since = DateTimeAttribute(personal=False, range_key=True, null=True)


class Idea(Table):
    """A request for prompts or date ideas, paid with credits. `pending_since` moves when it is queued again."""

    class Meta:
        table_name = tables.name("together", "ideas")

    KEEP: ClassVar = timedelta(days=180)

    by_pending = IdeasByPending()

    id = UnicodeAttribute(personal=False, range_key=True)
    user_id = UnicodeAttribute(personal=True, hash_key=True)
    kind = EnumAttribute(IdeaKind, personal=False)
    asked = JsonAttribute(personal=True)
    status = EnumAttribute(IdeaStatus, personal=False)
    pending_since = DateTimeAttribute(personal=False, null=True)
    credits = IntegerAttribute(personal=False)
    answers = JsonAttribute(personal=True, null=True)
    model = UnicodeAttribute(personal=False, null=True)
    failure_reason = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False)
