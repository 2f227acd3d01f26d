"""Subscriptions, found by Stripe id or owner; a write requires the version that was read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Subscription
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, readable_rows

_NAMESPACE = "0a5a30e3-3a2a-4b0f-8c1a-6f0e6c1d9b7e"


def subscription_id_of(stripe_subscription_id: str) -> str:
    """Return our id of a Stripe subscription."""
    return ids.derived(_NAMESPACE, stripe_subscription_id)


def find_by_stripe_id(stripe_subscription_id: str) -> Subscription | None:
    """Return the subscription with this Stripe id, read consistently, or None."""
    return get(subscription_id_of(stripe_subscription_id))


def list_by_owner(owner_type: OwnerType, owner_id: str) -> list[Subscription]:
    """Return every subscription that the owner has or had: a handful.

    Reads an index, so the result is eventually consistent.
    """
    return list(Subscription.by_owner.query(owner(owner_type, owner_id)))


def owner(owner_type: OwnerType, owner_id: str) -> str:
    """Return the hash key of the index by owner."""
    return f"{owner_type}/{owner_id}"


def stage_subscription(transaction: Transaction, row: Subscription) -> None:
    """Stage a write of the row if it still has the version that was read, and increment the version.

    The transaction fails with WriteConflict if the row has changed.
    """
    before, row.version, row.updated_at = row.version, row.version + 1, clock.now()
    row.renews_in = f"{row.current_period_end:%Y-%m}" if row.current_period_end and not row.status.is_final else None
    condition = Subscription.version == before if before else Subscription.id.does_not_exist()
    transaction.put(row, condition=condition, otherwise=WriteConflict())


def get(subscription_id: str) -> Subscription | None:
    """Return the subscription with our id, read consistently, or None."""
    try:
        return Subscription.get(subscription_id, consistent_read=True)
    except Subscription.DoesNotExist:
        return None


def iterate_due(month: str, until: datetime) -> Iterator[Subscription]:
    """Yield the subscriptions that have not ended and whose period ends in a month (`YYYY-MM`), before `until`."""
    yield from readable_rows(Subscription.by_renewal.query(month, Subscription.current_period_end < until))
