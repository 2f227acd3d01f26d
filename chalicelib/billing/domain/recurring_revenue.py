"""Monthly recurring revenue (MRR) of a subscription over time, of its plan and of its add-ons.

A month's amount is quantity × price, normalised by the billing interval: year/12, week × 52/12, day × 365/12, each
divided by the interval count. A price per package counts the packages of the quantity. Discounts that last (`forever`,
or `repeating` until their end) are taken off the products that they are limited to, then taxes that the price includes;
usage and discounts for one invoice do not count. A subscription that earns nothing counts 0: on trial, paused, with a
paused collection, unpaid, incomplete or ended.

Sources: docs.stripe.com/billing/subscriptions/coupons, …/billing/taxes/tax-rates,
…/billing/subscriptions/usage-based/transform-quantities.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.stripe_objects.discounts import StripeDiscount
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, StripeSubscriptionItem

PER_MONTH = {"year": Fraction(1, 12), "month": Fraction(1), "week": Fraction(52, 12), "day": Fraction(365, 12)}
"""The number of intervals in a month."""
ZERO = Decimal("0.000000")
_EARNING = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class RevenueStep:
    """A month's amounts from `begins_at` on, in the main unit with six decimals."""

    begins_at: datetime
    plan: Decimal
    addons: Decimal


def revenue_steps(
    subscription: StripeSubscription, addon_prices: Container[str], begins_at: datetime
) -> tuple[RevenueStep, ...]:
    """Return the steps of a subscription's MRR: from `begins_at`, and at each known future change of the amounts.

    Known changes are the end of a trial, of a discount and of the subscription. `addon_prices` are the Stripe prices of
    add-ons; every other item counts as the plan's.
    """
    changes = [subscription.trial_ends_at, subscription.planned_end, *(each.ends_at for each in subscription.discounts)]
    steps = list[RevenueStep]()
    for at in [begins_at, *sorted({at for at in changes if at and at > begins_at})]:
        step = _step(subscription, addon_prices, at)
        if not steps or (step.plan, step.addons) != (steps[-1].plan, steps[-1].addons):
            steps.append(step)
    return tuple(steps)


def items_without_amount(subscription: StripeSubscription) -> list[str]:
    """Return the ids of the items that count 0 because their price has tiers or no known interval."""
    return [item.id for item in subscription.items if not item.is_metered and _cycle_amount(item) is None]


def items_with_unknown_tax(subscription: StripeSubscription) -> list[str]:
    """Return the ids of the items whose amounts include a tax of unknown rate, which therefore counts."""
    return [item.id for item in subscription.items if item.includes_unknown_tax and not item.tax_percent]


def _step(subscription: StripeSubscription, addon_prices: Container[str], at: datetime) -> RevenueStep:
    plan, addons, left = Fraction(), Fraction(), _discounted(subscription, at)
    for item in subscription.items if _is_earning(subscription, at) else ():
        net = left[item.id] / (1 + Fraction(item.tax_percent) / 100)
        amount = net * PER_MONTH.get(item.interval or "", Fraction()) / item.interval_count
        if item.price_id in addon_prices:
            addons += amount
        else:
            plan += amount
    return RevenueStep(at, _rounded(plan), _rounded(addons))


def _is_earning(subscription: StripeSubscription, at: datetime) -> bool:
    """Return whether the subscription, as it is now, earns its amounts at a time."""
    trial_ends_at, planned_end = subscription.trial_ends_at, subscription.planned_end
    is_on_trial = subscription.status is SubscriptionStatus.TRIALING and (trial_ends_at is None or at < trial_ends_at)
    has_ended = planned_end is not None and at >= planned_end
    is_paused = subscription.pause_collection is not None
    return subscription.status in _EARNING and not (is_on_trial or has_ended or is_paused)


def _discounted(subscription: StripeSubscription, at: datetime) -> dict[str, Fraction]:
    """Return what is left of each item's amount per cycle after the discounts, by item id.

    A fixed amount is off per cycle. It is shared over the items in proportion to what is left of them.
    """
    left = {item.id: _cycle_amount(item) or Fraction() for item in subscription.items}
    currencies = {item.currency for item in subscription.items}
    for discount in subscription.discounts:
        if discount.is_once or (discount.ends_at is not None and at >= discount.ends_at):
            continue
        ids = [item.id for item in subscription.items if _is_discounted(item, discount)]
        share = _share_off(discount, sum((left[id_] for id_ in ids), Fraction()), currencies)
        for id_ in ids:
            left[id_] -= left[id_] * share
    return left


def _is_discounted(item: StripeSubscriptionItem, discount: StripeDiscount) -> bool:
    """Return whether the discount applies to the item: it is the item's own, or includes the item's product."""
    if discount.item_id is not None:
        return discount.item_id == item.id
    return discount.product_ids is None or item.product_id in discount.product_ids


def _share_off(discount: StripeDiscount, amount: Fraction, currencies: set[str]) -> Fraction:
    """Return the share (0 to 1) of an amount that the discount takes; 0 if it is of another currency."""
    if discount.percent_off is not None:
        return min(Fraction(1), Fraction(discount.percent_off) / 100)
    if discount.amount_off is None or not amount or discount.currency not in currencies:
        return Fraction()
    return min(Fraction(1), Fraction(discount.amount_off) / amount)


def _cycle_amount(item: StripeSubscriptionItem) -> Fraction | None:
    """Return quantity × price of a cycle; None if the item has no such amount."""
    is_known = item.amount is not None and not item.is_metered and item.interval in PER_MONTH
    packages, rest = divmod(item.quantity, item.unit_size)
    billed = packages + (1 if rest and item.rounds_up else 0)
    return Fraction(item.amount or 0) * billed if is_known else None


def _rounded(amount: Fraction) -> Decimal:
    """Round to six decimals, half up."""
    return Decimal((amount * 10**_DECIMALS + Fraction(1, 2)).__floor__()).scaleb(-_DECIMALS)
