"""Parse the discounts of Stripe subscriptions and their items, of any API version.

Up to API version 2025-02-24, a subscription has one `discount`. From 2025-03-31, it has `discounts`: ids, unless a call
expands them. From 2025-09-30 (docs.stripe.com/changelog/clover), a discount names its coupon in `source`; before that,
it contains the coupon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from chalicelib.billing.domain import money
from chalicelib.billing.enums import DiscountDuration
from chalicelib.integrations.stripe.fields import StripeObject, required_timestamp, timestamp

UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError)
"""The errors of a part that is missing or malformed."""


@dataclass(frozen=True, slots=True)
class StripeDiscount:
    """A coupon that is applied to a subscription, or to its item `item_id`.

    It takes either `percent_off`, or `amount_off` in the main unit of `currency`. `ends_at` is None if it never ends.
    `product_ids` are the products that it is limited to; None: all.
    """

    id: str
    item_id: str | None
    percent_off: Decimal | None
    amount_off: Decimal | None
    currency: str | None
    is_once: bool
    ends_at: datetime | None
    product_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DiscountReference:
    """A discount of a subscription, or of its item `item_id`, whose terms were not expanded."""

    id: str
    item_id: str | None


@dataclass(frozen=True, slots=True)
class StripeDiscounts:
    """The discounts of a subscription or item. `dropped` is the number of unreadable ones."""

    ids: tuple[str, ...]
    """The ids of the readable ones, in Stripe's order."""
    discounts: tuple[StripeDiscount, ...]
    references: tuple[DiscountReference, ...]
    dropped: int


def parse_discounts(holder: StripeObject, item_id: str | None) -> StripeDiscounts:
    """Parse the discounts of a subscription, or of its item `item_id`; drop unreadable ones."""
    fields = holder.get("discounts")
    if fields is None:
        fields = [holder["discount"]] if holder.get("discount") else []
    ids, discounts, references, dropped = list[str](), list[StripeDiscount](), list[DiscountReference](), 0
    for field in fields if isinstance(fields, list) else [fields]:
        try:
            parsed = _discount(field, item_id)
        except UNREADABLE:
            dropped += 1
        else:
            ids.append(parsed.id)
            if isinstance(parsed, StripeDiscount):
                discounts.append(parsed)
            else:
                references.append(parsed)
    return StripeDiscounts(tuple(ids), tuple(discounts), tuple(references), dropped)


def united(parts: Iterable[StripeDiscounts]) -> StripeDiscounts:
    """Return all discounts of the parts, in their order."""
    known = list(parts)
    return StripeDiscounts(
        tuple(chain.from_iterable(each.ids for each in known)),
        tuple(chain.from_iterable(each.discounts for each in known)),
        tuple(chain.from_iterable(each.references for each in known)),
        sum(each.dropped for each in known),
    )


def terms_of(discount: StripeDiscount) -> dict[str, Any]:
    """Return the discount as JSON, for a row."""
    return {
        "id": discount.id,
        "item": discount.item_id,
        "percent_off": None if discount.percent_off is None else str(discount.percent_off),
        "amount_off": None if discount.amount_off is None else str(discount.amount_off),
        "currency": discount.currency,
        "once": discount.is_once,
        "ends_at": discount.ends_at.isoformat() if discount.ends_at else None,
        "products": None if discount.product_ids is None else list(discount.product_ids),
    }


def are_whole(terms: Mapping[str, Any]) -> bool:
    """Return whether the JSON in a row has all terms; earlier releases stored no products of a subscription's discount."""
    return "products" in terms or terms["item"] is not None


def discount_of(terms: Mapping[str, Any]) -> StripeDiscount:
    """Return the discount of the JSON in a row."""
    percent_off, amount_off, ends_at = terms["percent_off"], terms["amount_off"], terms["ends_at"]
    products = terms.get("products")
    return StripeDiscount(
        id=terms["id"],
        item_id=terms["item"],
        percent_off=None if percent_off is None else Decimal(percent_off),
        amount_off=None if amount_off is None else Decimal(amount_off),
        currency=terms["currency"],
        is_once=terms["once"],
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        product_ids=None if products is None else tuple(products),
    )


def _discount(field: Any, item_id: str | None) -> StripeDiscount | DiscountReference:
    if isinstance(field, str):
        return DiscountReference(field, item_id)
    coupon = field["coupon"] if "coupon" in field else field["source"]["coupon"]
    if isinstance(coupon, str):
        return DiscountReference(field["id"], item_id)
    percent_off, amount_off, duration = coupon.get("percent_off"), coupon.get("amount_off"), coupon["duration"]
    currency = coupon["currency"] if amount_off is not None else None
    if percent_off is None and amount_off is None:
        raise ValueError("the coupon has neither a percentage nor an amount")
    limits = coupon.get("applies_to")
    is_repeating = DiscountDuration(duration) is DiscountDuration.REPEATING
    return StripeDiscount(
        id=field["id"],
        item_id=item_id,
        percent_off=None if percent_off is None else Decimal(str(percent_off)),
        amount_off=None if amount_off is None else money.from_minor(amount_off, str(currency)),
        currency=currency and currency.upper(),
        is_once=duration == DiscountDuration.ONCE,
        ends_at=required_timestamp(field["end"]) if is_repeating else timestamp(field.get("end")),
        product_ids=tuple(str(each) for each in limits["products"]) if limits else None,
    )
