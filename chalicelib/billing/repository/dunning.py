"""Past-due subscriptions, and the time up to which their owners were notified."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.kit.tables import readable_rows, update_if


def iterate_past_due(since: datetime, until: datetime) -> Iterator[Subscription]:
    """Yield the subscriptions that became past due between `since` and `until`.

    Reads an index, so the result is eventually consistent.
    """
    between = Subscription.past_due_since.between(since, until)
    yield from readable_rows(Subscription.by_past_due.query(SubscriptionStatus.PAST_DUE, between))


def note_reminded(row: Subscription, until: datetime) -> bool:
    """Record that no notice due up to `until` is to be sent; return False if the row has changed.

    Increments the version. A writer of the whole row therefore gets a conflict and reads the row again.
    """
    actions = [Subscription.reminded_until.set(until), Subscription.version.add(1)]
    return update_if(Subscription(row.id), actions, Subscription.version == row.version)
