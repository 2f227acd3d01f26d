"""Fetch subscriptions from Stripe with the terms of their discounts.

Stripe expands at most four levels. A fetched invoice therefore names its subscription's discounts by id only, and a
fetched subscription names the coupons of its items' discounts by id only. Their terms never change, so those in the row
are used; unknown ones cost one more fetch, two if an item has one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.models import Customer, Subscription
from chalicelib.billing.stripe_objects.discounts import StripeDiscount, are_whole, discount_of
from chalicelib.billing.stripe_objects.subscriptions import (
    StripeSubscription,
    parse_item_discounts,
    parse_subscription,
    with_items,
)
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions


@dataclass(frozen=True, slots=True)
class SubscriptionSync:
    """A subscription at Stripe, with its row (None if it is new), its owner and the event.

    `as_of` is just before Stripe was asked, or when the event was created if Stripe was not asked.
    """

    subscription: StripeSubscription
    row: Subscription | None
    customer: Customer
    event: EventContext | None
    as_of: datetime


def fetch_subscription(subscription_id: str, row: Subscription | None) -> StripeSubscription:
    """Fetch a subscription with the terms of its discounts. Raises StripeObjectNotFound."""
    return with_item_terms(fetch_whole(subscription_id), row)


def fetch_whole(subscription_id: str) -> StripeSubscription:
    """Fetch a subscription with all of its items; Stripe's object has at most ten. Raises StripeObjectNotFound."""
    stripe_object = stripe_subscriptions.retrieve_subscription(subscription_id)
    subscription = parse_subscription(stripe_object)
    if subscription.has_more_items:
        items = stripe_subscriptions.list_items(subscription_id)
        subscription = parse_subscription(with_items(stripe_object, items))
    return subscription


def with_terms(subscription: StripeSubscription, row: Subscription | None) -> StripeSubscription:
    """Return a subscription, fetched with its invoice, with the terms of its discounts and all of its items."""
    completed = _with_stored(subscription, row)
    is_unknown = bool(completed.discount_references) and not subscription.status.is_final
    return fetch_subscription(subscription.id, row) if is_unknown or subscription.has_more_items else completed


def with_item_terms(subscription: StripeSubscription, row: Subscription | None) -> StripeSubscription:
    """Return a fetched subscription with the terms of its items' discounts; drop those that are still unknown."""
    completed = _with_stored(subscription, row)
    if any(reference.item_id for reference in completed.discount_references) and not subscription.status.is_final:
        listed = parse_item_discounts(stripe_subscriptions.list_items(subscription.id))
        completed = _with_known(completed, {discount.id: discount for discount in listed.discounts})
    dropped = ("discounts",) * len(completed.discount_references)
    return replace(completed, discount_references=(), dropped=completed.dropped + dropped)


def _with_stored(subscription: StripeSubscription, row: Subscription | None) -> StripeSubscription:
    stored = [discount_of(terms) for terms in (row.discounts if row else None) or [] if are_whole(terms)]
    return _with_known(subscription, {discount.id: discount for discount in stored})


def _with_known(subscription: StripeSubscription, known: dict[str, StripeDiscount]) -> StripeSubscription:
    """Return the subscription with those of its discounts that are known, of items first, in Stripe's order."""
    by_id = known | {discount.id: discount for discount in subscription.discounts}
    discounts = [by_id[id_] for id_ in subscription.discount_ids if id_ in by_id]
    references = tuple(each for each in subscription.discount_references if each.id not in by_id)
    return replace(subscription, discounts=tuple(discounts), discount_references=references)
