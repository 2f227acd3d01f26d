"""The table of the days in the lake."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class EventDaysByDirty(GlobalSecondaryIndex["EventDay"]):
    """The days to compute, by shard and due time. Sparse: `dirty` is removed when a day is computed."""

    class Meta:
        index_name = "by_dirty"
        projection = KeysOnlyProjection()

    dirty = UnicodeAttribute(personal=False, hash_key=True)
    due_at = DateTimeAttribute(personal=False, range_key=True)


class EventDay(Table):
    """The manifest of a tenant's day in the lake.

    `fence` increases with each lease; `generation` is the fence of the last computation that finished. `parts` is the
    number of parts put so far: if it is unchanged since the lease, the due mark may be removed. `dirty` is the tenant's
    shard (0 to 7) while the day has to be computed. `is_closed` is set 72 hours after the day's end.
    """

    class Meta:
        table_name = tables.name("analytics", "event_days")

    KEEP: ClassVar = timedelta(days=731)
    """After the day, as the lake keeps its object."""

    by_dirty = EventDaysByDirty()

    tenant = UnicodeAttribute(personal=True, hash_key=True)
    day = DateAttribute(personal=False, range_key=True)
    fence = IntegerAttribute(personal=False, default=0)
    leased_until = DateTimeAttribute(personal=False, null=True)
    generation = IntegerAttribute(personal=False, default=0)
    event_count = IntegerAttribute(personal=False, default=0)
    byte_count = IntegerAttribute(personal=False, default=0)
    parts = IntegerAttribute(personal=False, default=0)
    dirty = UnicodeAttribute(personal=False, null=True)
    due_at = DateTimeAttribute(personal=False, null=True)
    oldest_part_at = DateTimeAttribute(personal=False, null=True)
    computed_at = DateTimeAttribute(personal=False, null=True)
    is_closed = BooleanAttribute(personal=False, default=False)
    expires_epoch = ExpiryAttribute(personal=False)
