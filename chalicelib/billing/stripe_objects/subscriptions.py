"""Parse Stripe subscriptions of either API shape.

Up to API version 2025-02-24, the subscription has the period. From 2025-03-31 (docs.stripe.com/changelog/basil), its
items have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from chalicelib.billing.domain import money
from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.stripe_objects.discounts import (
    UNREADABLE,
    DiscountReference,
    StripeDiscount,
    StripeDiscounts,
    parse_discounts,
    united,
)
from chalicelib.integrations.stripe.fields import StripeObject, id_of, required_timestamp, timestamp

T = TypeVar("T")

_FINAL = {status.value for status in SubscriptionStatus if status.is_final}


@dataclass(frozen=True, slots=True)
class StripeSubscriptionItem:
    """An item of a subscription.

    `amount` is the price per unit and cycle in `currency`, the subscription's, in the main unit; None if the price has
    tiers or no amount in this currency. A cycle is `interval_count` times `interval` (`day`, `week`, `month`, `year`;
    None if unknown). A metered item bills its usage. `unit_size` units are billed as one, a part of them too if
    `rounds_up`. `tax_percent` is the tax that the amount includes.
    """

    id: str
    price_id: str
    amount: Decimal | None
    currency: str
    quantity: int
    period_start: datetime | None
    period_end: datetime | None
    interval: str | None
    interval_count: int
    is_metered: bool
    product_id: str | None = None
    unit_size: int = 1
    rounds_up: bool = True
    tax_percent: Decimal = Decimal(0)
    includes_unknown_tax: bool = False
    """Whether Stripe calculates the tax that the amount includes; its rate depends on the customer's place."""


@dataclass(frozen=True, slots=True)
class StripeSubscription:
    """The state of a Stripe subscription at one time."""

    id: str
    customer_id: str
    status: SubscriptionStatus
    currency: str
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
    has_more_items: bool = False
    """Whether the subscription has items that must be fetched separately."""
    cancel_at: datetime | None = None
    """The planned end, if it was set as a date or by the flag."""
    pause_collection: str | None = None
    """The behavior of a paused collection: `keep_as_draft`, `mark_uncollectible` or `void`; None if it is not paused."""
    discount_ids: tuple[str, ...] = ()
    """The discounts of items, then those of the subscription: the order in which Stripe applies them."""
    discounts: tuple[StripeDiscount, ...] = ()
    """The terms of the discounts, in the same order."""
    discount_references: tuple[DiscountReference, ...] = ()
    """The discounts whose terms were not expanded."""
    dropped: tuple[str, ...] = ()
    """The names of the parts that are unreadable and were dropped."""

    @property
    def planned_end(self) -> datetime | None:
        """The time at which the subscription ends if nothing changes; None if it renews."""
        ends = [item.period_end for item in self.items if item.period_end]
        return self.cancel_at or (max(ends, default=None) if self.cancel_at_period_end else None)


@dataclass(frozen=True, slots=True)
class StripeSubscriptionSnapshot:
    """The subscription of an event. `final` is its state if it is final and has all items; any other state is fetched."""

    id: str
    customer_id: str | None
    final: StripeSubscription | None


def parse_subscription(stripe_object: StripeObject) -> StripeSubscription:
    """Parse a subscription of either shape. Raises KeyError or ValueError if the object is not a subscription."""
    dropped = list[str]()
    items = tuple(_item(stripe_object, item, dropped) for item in stripe_object["items"]["data"])
    ends = [item.period_end for item in items if item.period_end]
    cancel_at = _lenient(dropped, "cancel_at", lambda: timestamp(stripe_object.get("cancel_at")), None)
    is_flagged = bool(stripe_object.get("cancel_at_period_end"))
    of_items = parse_item_discounts(stripe_object["items"]["data"])
    discounts = united([of_items, parse_discounts(stripe_object, None)])
    dropped += ["discounts"] * discounts.dropped
    # With flexible billing, the customer portal sets only the date (docs.stripe.com/billing/subscriptions/cancel).
    is_end_dated = not is_flagged and cancel_at is not None and bool(ends) and cancel_at <= max(ends)
    return StripeSubscription(
        id=stripe_object["id"],
        customer_id=id_of(stripe_object["customer"]) or "",
        status=SubscriptionStatus(stripe_object["status"]),
        currency=str(stripe_object.get("currency") or next((item.currency for item in items), "")).upper(),
        items=items,
        started_at=required_timestamp(stripe_object["start_date"]),
        created_at=required_timestamp(stripe_object["created"]),
        trial_ends_at=timestamp(stripe_object.get("trial_end")),
        cancel_at_period_end=is_flagged or is_end_dated,
        is_end_dated=is_end_dated,
        cancelled_at=timestamp(stripe_object.get("canceled_at")),
        ended_at=timestamp(stripe_object.get("ended_at")),
        metadata=dict(stripe_object.get("metadata") or {}),
        has_more_items=bool(stripe_object["items"].get("has_more")),
        cancel_at=cancel_at,
        pause_collection=_lenient(dropped, "pause_collection", lambda: _pause(stripe_object), None),
        discount_ids=discounts.ids,
        discounts=discounts.discounts,
        discount_references=discounts.references,
        dropped=tuple(dropped),
    )


def parse_snapshot(stripe_object: StripeObject) -> StripeSubscriptionSnapshot:
    """Parse the subscription of an event. Its state is read only if it is final and has all of its items.

    Raises KeyError if the object is not a subscription.
    """
    final = parse_subscription(stripe_object) if stripe_object["status"] in _FINAL else None
    return StripeSubscriptionSnapshot(
        id=stripe_object["id"],
        customer_id=id_of(stripe_object["customer"]),
        final=None if final is None or final.has_more_items else final,
    )


def with_items(stripe_object: StripeObject, items: Sequence[StripeObject]) -> StripeObject:
    """Return the subscription object with `items`, the separately listed items, in place of its own."""
    return {**stripe_object, "items": {**stripe_object["items"], "data": [*items], "has_more": False}}


def parse_item_discounts(items: Sequence[StripeObject]) -> StripeDiscounts:
    """Parse the discounts of subscription items."""
    return united(parse_discounts(item, item["id"]) for item in items)


def _pause(stripe_object: StripeObject) -> str | None:
    pause = stripe_object.get("pause_collection")
    return str(pause["behavior"]) if pause else None


def _lenient(dropped: list[str], name: str, parse: Callable[[], T], default: T) -> T:
    """Return the parsed part; note its name and return the default if it is unreadable."""
    part = default
    try:
        part = parse()
    except UNREADABLE:
        dropped.append(name)
    return part


def _included_tax(rates: Sequence[StripeObject]) -> Decimal:
    """Return the sum of the inclusive tax rates, in percent. Exclusive taxes come on top of the amount."""
    return sum((Decimal(str(rate["percentage"])) for rate in rates if rate["inclusive"]), Decimal(0))


def _item(subscription: StripeObject, item: StripeObject, dropped: list[str]) -> StripeSubscriptionItem:
    price = item.get("price") or item["plan"]
    cycle, quantity = price.get("recurring") or price, item.get("quantity")
    currency = str(subscription.get("currency") or price["currency"])
    amount = _unit_amount(price, currency)
    units = price.get("transform_quantity") or price.get("transform_usage") or {}
    rates = item.get("tax_rates") or subscription.get("default_tax_rates") or []
    is_automatic = bool((subscription.get("automatic_tax") or {}).get("enabled"))
    return StripeSubscriptionItem(
        id=item["id"],
        price_id=price["id"],
        amount=money.from_minor(Decimal(amount), currency) if amount else None,
        currency=currency.upper(),
        quantity=_lenient(dropped, "items.quantity", lambda: 1 if quantity is None else int(quantity), 1),
        period_start=timestamp(item.get("current_period_start", subscription.get("current_period_start"))),
        period_end=timestamp(item.get("current_period_end", subscription.get("current_period_end"))),
        interval=_lenient(dropped, "items.interval", lambda: str(cycle["interval"]), None),
        interval_count=_lenient(dropped, "items.interval_count", lambda: max(1, int(cycle["interval_count"])), 1),
        is_metered=cycle.get("usage_type") == "metered",
        product_id=id_of(price.get("product")),
        unit_size=_lenient(dropped, "items.transform_quantity", lambda: max(1, int(units.get("divide_by", 1))), 1),
        rounds_up=units.get("round") != "down",
        tax_percent=_lenient(dropped, "items.tax_rates", lambda: _included_tax(rates), Decimal(0)),
        includes_unknown_tax=is_automatic and price.get("tax_behavior") == "inclusive",
    )


def _unit_amount(price: StripeObject, currency: str) -> str | None:
    """Return a price's amount in the minor unit of the subscription's currency; None if it has no such amount.

    A price in several currencies has the other amounts in `currency_options`, if expanded.
    """
    amounts = price if price["currency"] == currency else (price.get("currency_options") or {}).get(currency) or {}
    return amounts.get("unit_amount_decimal") or amounts.get("amount_decimal")
