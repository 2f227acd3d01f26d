"""Stripe events."""

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
"""The columns of an event in a list: all but the payload."""


class EventsByType(GlobalSecondaryIndex["StripeWebhook"]):
    """Events of one type by their time at Stripe."""

    class Meta:
        index_name = "by_type"
        projection = IncludeProjection([name for name in _SHOWN if name not in ("event_type", "stripe_created_at")])

    event_type = UnicodeAttribute(personal=False, hash_key=True)
    stripe_created_at = DateTimeAttribute(personal=False, range_key=True)


class EventsByUnfinished(GlobalSecondaryIndex["StripeWebhook"]):
    """Unfinished events by status. Sparse: `unfinished` is removed when processing ends."""

    class Meta:
        index_name = "by_unfinished"
        projection = IncludeProjection([name for name in _SHOWN if name != "received_at"])

    unfinished = EnumAttribute(WebhookStatus, personal=False, hash_key=True)
    received_at = DateTimeAttribute(personal=False, range_key=True)


class StripeWebhook(Table):
    """One Stripe event as received, and its processing status. Deleted 90 days after processing."""

    class Meta:
        table_name = tables.name("billing", "stripe_webhooks")

    KEEP: ClassVar = timedelta(days=90)

    by_type = EventsByType()
    by_unfinished = EventsByUnfinished()

    stripe_event_id = UnicodeAttribute(personal=False, hash_key=True)
    event_type = UnicodeAttribute(personal=False)
    api_version = UnicodeAttribute(personal=False, null=True)
    livemode = BooleanAttribute(personal=False)
    payload = JsonAttribute(personal=True, null=True)
    payload_ref = UnicodeAttribute(personal=True, null=True)
    status = EnumAttribute(WebhookStatus, personal=False)
    unfinished = EnumAttribute(WebhookStatus, personal=False, null=True)
    attempts = IntegerAttribute(personal=False, default=0)
    error_message = UnicodeAttribute(personal=False, null=True)
    stripe_created_at = DateTimeAttribute(personal=False)
    received_at = DateTimeAttribute(personal=False)
    processed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False, null=True)
