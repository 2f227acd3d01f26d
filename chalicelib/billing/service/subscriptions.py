"""Subscriptions: the row that Stripe's state makes, and what an owner may use because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.billing.catalogue import plans
from chalicelib.billing.domain import access
from chalicelib.billing.enums import OwnerType, SubscriptionStatus
from chalicelib.billing.models import Customer, PaymentTransaction, Subscription
from chalicelib.billing.repository import subscriptions
from chalicelib.billing.repository.price_lookup import PriceLookup
from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.billing.service import payments
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, StripeSubscriptionItem
from chalicelib.kit import clock, logs
from chalicelib.kit.unit_of_work import UnitOfWork

log = logs.logger("billing")

LIMITS = ("max_products", "max_orders_per_month", "max_storage_gb", "max_api_calls_per_month")


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What an owner may use. `plan_name` is None for a member without access; a store without is on the free plan."""

    has_access: bool
    plan_name: str | None
    access_until: datetime | None
    limits: Mapping[str, int]
    subscription: Subscription | None


class NotOurs(Exception):
    """The subscription cannot be kept: its customer or its price is none of ours. The text says which."""


def entitlement(owner_type: OwnerType, owner_id: str) -> Entitlement:
    """Whether an owner has access, by which plan, until when and within which limits; one read."""
    return _entitled(owner_type, subscriptions.list_by_owner(owner_type, owner_id))


def entitlement_with(owner_type: OwnerType, owner_id: str, just_written: Subscription) -> Entitlement:
    """Return the entitlement right after a subscription was written, which the index may not show yet."""
    others = [row for row in subscriptions.list_by_owner(owner_type, owner_id) if row.id != just_written.id]
    return _entitled(owner_type, [*others, just_written])


def _entitled(owner_type: OwnerType, rows: list[Subscription]) -> Entitlement:
    now = clock.now()
    row = access.current_subscription(rows, now)
    if row is not None and access.has_access(row, now):
        return Entitlement(True, row.plan_name, access.access_until(row), limits_of(row), row)
    if owner_type is OwnerType.STORE:
        return Entitlement(True, plans.FREE, None, plans.PLANS[plans.FREE].limits, row)
    return Entitlement(False, None, None, {}, row)


def limits_of(row: Subscription) -> dict[str, int]:
    """Return the limits that the subscription sets, by name."""
    return {name: getattr(row, name) for name in LIMITS if getattr(row, name) is not None}


def settle(
    offers: PriceLookup,
    view: StripeSubscription,
    found: Subscription | None,
    customer: Customer,
    at: datetime | None,
    unpaid_since: datetime | None,
) -> Subscription | None:
    """Return the row brought to Stripe's state, for `stage_change`; None where the subscription is of add-ons only.

    `at` is when the event happened, `unpaid_since` when the oldest unpaid invoice became due. Raises NothingToFollow
    where none of the prices is ours.
    """
    bought = next((item for item in view.items if item.price_id in offers.plans), None)
    if found is None and bought is None:
        if any(item.price_id in offers.addons for item in view.items):
            return None
        raise NotOurs(f"none of the prices of {view.id} is a plan's")
    if bought is None:
        log.warning("a subscription has no plan's price any more", extra={"subscription": view.id})
    return _project(offers, view, found, customer, bought, at, unpaid_since)


def stage_change(unit: UnitOfWork, row: Subscription, found: Subscription | None) -> None:
    """Write the row if it differs from what was found, and publish it either way."""
    if found is None or _facts(row) != _facts(found):
        subscriptions.stage(unit.transaction, row)
    publish_subscription(unit, row)


def follow_payment(row: Subscription, payment: PaymentTransaction) -> Subscription:
    """Return the row with the access that the payment which opened its present period gives, or gives no more.

    Any other payment changes nothing, nor does one of no money of which an earlier release did not store what paid it.
    """
    is_opener = payment.subscription_id == row.id and payment.months_from == row.current_period_start
    if not is_opener or not payments.is_paid(payment) or not (payment.amount or payment.credit_used is not None):
        return row
    changed = _copy(row)
    ended_at = row.refunded_at or payment.reversed_at or clock.now()
    changed.refunded_at = None if payments.is_backed(payment) else ended_at
    return changed


def publish_subscription(unit: UnitOfWork, row: Subscription) -> None:
    """Tell the other contexts what the subscription is now."""
    unit.publish(
        SubscriptionChanged(
            owner_type=row.owner_type,
            owner_id=row.owner_id,
            subscription_id=row.id,
            version=row.version,
            plan_name=row.plan_name,
            status=row.status,
            billing_cycle=row.billing_cycle,
            current_period_end=row.current_period_end,
            cancel_at_period_end=row.cancel_at_period_end,
            access_until=access.access_until(row),
            limits=limits_of(row),
        )
    )


def paid_back(unit: UnitOfWork, row: Subscription, period_end: datetime | None, at: datetime | None) -> None:
    """End the access that a payment gave for the present period, which was refunded in full; or (None) give it again."""
    if period_end is None or row.current_period_end is None or period_end < row.current_period_end:
        return
    changed = _copy(row)
    changed.refunded_at = at
    if changed.refunded_at != row.refunded_at:
        subscriptions.stage(unit.transaction, changed)
    publish_subscription(unit, changed)


def _project(
    offers: PriceLookup,
    view: StripeSubscription,
    row: Subscription | None,
    customer: Customer,
    bought: StripeSubscriptionItem | None,
    at: datetime | None,
    unpaid_since: datetime | None,
) -> Subscription:
    """Return `row` updated to the state at Stripe, a new row if it is None."""
    made = _copy(row) if row else _new(view, customer)
    if bought is not None:
        _apply_plan(made, offers, bought)
    period = bought or (view.items[0] if view.items else None)
    made.status = view.status
    made.stripe_customer_id = view.customer_id
    made.started_at = view.started_at
    made.trial_ends_at = view.trial_ends_at
    if view.status is SubscriptionStatus.TRIALING and period and period.period_start != made.current_period_start:
        made.refunded_at = None  # nothing is to be paid for it; any other period is opened by its payment
    made.current_period_start = period.period_start if period else made.current_period_start
    made.current_period_end = period.period_end if period else made.current_period_end
    made.cancel_at_period_end = view.cancel_at_period_end
    made.cancelled_at = view.cancelled_at
    made.ended_at = view.ended_at
    made.past_due_since = _past_due_since(view, row, unpaid_since)
    if at is not None:
        made.last_stripe_event_at = max(at, made.last_stripe_event_at or at)
    return made


def _new(view: StripeSubscription, customer: Customer) -> Subscription:
    return Subscription(
        id=subscriptions.id_of(view.id),
        owner=subscriptions.owner(customer.owner_type, customer.owner_id),
        owner_type=customer.owner_type,
        owner_id=customer.owner_id,
        stripe_subscription_id=view.id,
        created_at=view.created_at,
    )


def _copy(row: Subscription) -> Subscription:
    return Subscription(**_facts(row))


def _facts(row: Subscription) -> dict[str, Any]:
    return {name: value for name, value in row.attribute_values.items() if value is not None}


def _apply_plan(made: Subscription, offers: PriceLookup, bought: StripeSubscriptionItem) -> None:
    plan, cycle = offers.plans[bought.price_id]
    made.plan_name, made.billing_cycle, made.currency = plan.id, cycle, bought.currency
    made.price_monthly = bought.amount if cycle == "monthly" else None
    made.price_annual = bought.amount if cycle == "annual" else None
    for name in LIMITS:
        setattr(made, name, (plan.limits or {}).get(name))


def _past_due_since(
    view: StripeSubscription, row: Subscription | None, unpaid_since: datetime | None
) -> datetime | None:
    """When the oldest invoice that is still unpaid became due: the same whichever event makes us ask."""
    if view.status is not SubscriptionStatus.PAST_DUE:
        return None
    return unpaid_since or (row and row.past_due_since) or clock.now()
