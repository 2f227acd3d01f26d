"""Subscriptions whose payment is overdue, and until when their owners were reminded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.kit.tables import readable_rows, update_if


def iterate_past_due(since: datetime, until: datetime) -> Iterator[Subscription]:
    """Those past due since a moment within the two. By index, so a moment behind."""
    between = Subscription.past_due_since.between(since, until)
    yield from readable_rows(Subscription.by_past_due.query(SubscriptionStatus.PAST_DUE, between))


def note_reminded(row: Subscription, until: datetime) -> bool:
    """Note that no notice up to that moment is to come any more; False where the row has changed since it was read.

    It counts the version on, so that who writes the whole row over this one reads it first.
    """
    actions = [Subscription.reminded_until.set(until), Subscription.version.add(1)]
    return update_if(Subscription(row.id), actions, Subscription.version == row.version)
