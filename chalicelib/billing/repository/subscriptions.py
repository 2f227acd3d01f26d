"""Subscriptions: found by Stripe's id or by owner, written only over the state that was read."""

from __future__ import annotations

from pynamodb.exceptions import PutError

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import Outdated
from chalicelib.billing.models import Subscription
from chalicelib.kit import clock, ids

_NAMESPACE = "0a5a30e3-3a2a-4b0f-8c1a-6f0e6c1d9b7e"


def id_of(stripe_subscription_id: str) -> str:
    """Our id of a subscription of Stripe's."""
    return ids.derived(_NAMESPACE, stripe_subscription_id)


def find_by_stripe_id(stripe_subscription_id: str) -> Subscription | None:
    """The subscription, read consistently."""
    try:
        return Subscription.get(id_of(stripe_subscription_id), consistent_read=True)
    except Subscription.DoesNotExist:
        return None


def list_by_owner(owner_type: OwnerType, owner_id: str) -> list[Subscription]:
    """Every subscription the owner has or had: a handful. By index, so a moment behind."""
    return list(Subscription.by_owner.query(owner(owner_type, owner_id)))


def owner(owner_type: OwnerType, owner_id: str) -> str:
    """The index's key."""
    return f"{owner_type}/{owner_id}"


def save(row: Subscription) -> None:
    """Write the row over the version that it was made of, and count it on. Raises Outdated if that has changed."""
    before, row.version, row.updated_at = row.version, row.version + 1, clock.now()
    condition = Subscription.version == before if before else Subscription.id.does_not_exist()
    try:
        row.save(condition=condition)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise Outdated from error
