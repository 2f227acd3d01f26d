"""Stripe's events."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from chalicelib.billing.enums import WebhookStatus
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

_SHOWN = [
    "event_type",
    "status",
    "attempts",
    "error_message",
    "stripe_created_at",
    "received_at",
    "processed_at",
]
"""Of an event in a list: everything but its payload."""


class EventsByType(GlobalSecondaryIndex["StripeWebhook"]):
    """Events of one type, by when they happened."""

    class Meta:
        index_name = "by_type"
        projection = IncludeProjection([name for name in _SHOWN if name not in ("event_type", "stripe_created_at")])

    event_type = UnicodeAttribute(hash_key=True)
    stripe_created_at = DateTimeAttribute(range_key=True)


class EventsByUnfinished(GlobalSecondaryIndex["StripeWebhook"]):
    """Events that have not had their effect, by status. Sparse: `unfinished` goes when they have."""

    class Meta:
        index_name = "by_unfinished"
        projection = IncludeProjection([name for name in _SHOWN if name != "received_at"])

    unfinished = EnumAttribute(WebhookStatus, hash_key=True)
    received_at = DateTimeAttribute(range_key=True)


class StripeWebhook(Table):
    """One event of Stripe's as it came, and what became of it; goes 90 days after it was processed."""

    class Meta:
        table_name = tables.name("billing", "stripe_webhooks")

    KEEP: ClassVar = timedelta(days=90)

    by_type = EventsByType()
    by_unfinished = EventsByUnfinished()

    stripe_event_id = UnicodeAttribute(hash_key=True)
    event_type = UnicodeAttribute()
    api_version = UnicodeAttribute(null=True)
    livemode = BooleanAttribute()
    payload = JsonAttribute(null=True)
    payload_ref = UnicodeAttribute(null=True)
    status = EnumAttribute(WebhookStatus)
    unfinished = EnumAttribute(WebhookStatus, null=True)
    attempts = IntegerAttribute(default=0)
    error_message = UnicodeAttribute(null=True)
    stripe_created_at = DateTimeAttribute()
    received_at = DateTimeAttribute()
    processed_at = DateTimeAttribute(null=True)
    expires_epoch = ExpiryAttribute(null=True)
