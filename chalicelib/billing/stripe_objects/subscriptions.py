"""Parse Stripe subscriptions of either API shape.

Up to API version 2025-02-24, the subscription has the period. From 2025-03-31 (docs.stripe.com/changelog/basil), its
items have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.integrations.stripe.fields import StripeObject, id_of, required_timestamp, timestamp

_FINAL = {status.value for status in SubscriptionStatus if status.is_final}


@dataclass(frozen=True, slots=True)
class StripeSubscriptionItem:
    """An item of a subscription.

    `amount` is the price per unit and cycle, in the main unit; None if the price has tiers.
    """

    id: str
    price_id: str
    amount: Decimal | None
    currency: str
    quantity: int
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True, slots=True)
class StripeSubscription:
    """The state of a Stripe subscription at one time."""

    id: str
    customer_id: str
    status: SubscriptionStatus
    items: tuple[StripeSubscriptionItem, ...]
    started_at: datetime
    created_at: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    is_end_dated: bool
    """Whether the planned end was set as a date (`cancel_at`) without the flag `cancel_at_period_end`."""
    cancelled_at: datetime | None
    ended_at: datetime | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StripeSubscriptionSnapshot:
    """The subscription of an event. `final` is its state if that is final; any other state may be stale."""

    id: str
    customer_id: str | None
    final: StripeSubscription | None


def parse_subscription(stripe_object: StripeObject) -> StripeSubscription:
    """Parse a subscription of either shape. Raises KeyError or ValueError if the object is not a subscription."""
    items = tuple(_item(stripe_object, item) for item in stripe_object["items"]["data"])
    ends = [item.period_end for item in items if item.period_end]
    cancel_at, is_flagged = timestamp(stripe_object.get("cancel_at")), bool(stripe_object.get("cancel_at_period_end"))
    # With flexible billing, the customer portal sets only the date (docs.stripe.com/billing/subscriptions/cancel).
    is_end_dated = not is_flagged and cancel_at is not None and bool(ends) and cancel_at <= max(ends)
    return StripeSubscription(
        id=stripe_object["id"],
        customer_id=id_of(stripe_object["customer"]) or "",
        status=SubscriptionStatus(stripe_object["status"]),
        items=items,
        started_at=required_timestamp(stripe_object["start_date"]),
        created_at=required_timestamp(stripe_object["created"]),
        trial_ends_at=timestamp(stripe_object.get("trial_end")),
        cancel_at_period_end=is_flagged or is_end_dated,
        is_end_dated=is_end_dated,
        cancelled_at=timestamp(stripe_object.get("canceled_at")),
        ended_at=timestamp(stripe_object.get("ended_at")),
        metadata=dict(stripe_object.get("metadata") or {}),
    )


def parse_snapshot(stripe_object: StripeObject) -> StripeSubscriptionSnapshot:
    """Parse the subscription of an event, whose state is read only if it is final. Raises KeyError if it is none."""
    return StripeSubscriptionSnapshot(
        id=stripe_object["id"],
        customer_id=id_of(stripe_object["customer"]),
        final=parse_subscription(stripe_object) if stripe_object["status"] in _FINAL else None,
    )


def _item(subscription: StripeObject, item: StripeObject) -> StripeSubscriptionItem:
    price = item.get("price") or item["plan"]
    amount = price.get("unit_amount_decimal") or price.get("amount_decimal")
    return StripeSubscriptionItem(
        id=item["id"],
        price_id=price["id"],
        amount=money.from_minor(Decimal(amount), price["currency"]) if amount else None,
        currency=price["currency"].upper(),
        quantity=int(item.get("quantity") or 1),
        period_start=timestamp(item.get("current_period_start", subscription.get("current_period_start"))),
        period_end=timestamp(item.get("current_period_end", subscription.get("current_period_end"))),
    )
