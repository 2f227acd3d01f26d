"""Subscriptions: their rows brought to Stripe's state, and messages about them."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing.domain.access import access_until, limits_of
from chalicelib.billing.domain.payments import is_backed, is_paid
from chalicelib.billing.domain.subscriptions import PlanTerms, SyncContext, subscription_columns
from chalicelib.billing.enums import OwnerType, SubscriptionStatus
from chalicelib.billing.metrics import SUBSCRIPTIONS_WITHOUT_PLAN
from chalicelib.billing.models import Customer, PaymentTransaction, Subscription
from chalicelib.billing.repository import subscriptions
from chalicelib.billing.repository.price_lookup import PriceLookup
from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, StripeSubscriptionItem
from chalicelib.kit import clock, logs
from chalicelib.kit.tables import copy_row, rows_differ
from chalicelib.kit.unit_of_work import UnitOfWork

log = logs.logger("billing")


class NotOurs(Exception):
    """The object of an event is not synced, because it is not ours. The text is the reason."""


def settle_subscription(
    offers: PriceLookup,
    subscription: StripeSubscription,
    row: Subscription | None,
    customer: Customer,
    context: SyncContext,
) -> Subscription | None:
    """Return the row brought to Stripe's state, for `stage_change`; None if the subscription has only add-ons.

    A subscription whose price is no plan of the owner's audience gives no access, and raises an alarm. Raises NotOurs
    if none of the prices is known.
    """
    item, terms = _plan_of(offers, subscription, customer.owner_type)
    if row is None and item is None and not any(item.price_id in offers.addons for item in subscription.items):
        raise NotOurs(f"none of the prices of {subscription.id} is a plan's")
    if row is None and item is None:
        return None
    before = row or _new(subscription, customer)
    changed = copy_row(before, subscription_columns(subscription, item, terms, before, context))
    if changed.is_without_plan and not changed.status.is_final:
        extra = {"subscription": subscription.id, "owner_type": customer.owner_type}
        log.error("subscription gives no access: its price is no plan of the owner's audience", extra=extra)
        SUBSCRIPTIONS_WITHOUT_PLAN.count()
    return changed


def stage_change(unit: UnitOfWork, row: Subscription, earlier: Subscription | None) -> None:
    """Stage the row if it differs from the stored one, and publish its state even if nothing changed."""
    if earlier is None or rows_differ(row, earlier):
        subscriptions.stage_subscription(unit.transaction, row)
    publish_subscription(unit, row)


def apply_payment(row: Subscription, payment: PaymentTransaction) -> Subscription:
    """Return the row with its access granted or ended by the payment that opened its current period.

    Any other payment changes nothing, nor does one of zero for which an earlier release did not store what paid it.
    """
    is_opener = payment.subscription_id == row.id and payment.months_from == row.current_period_start
    is_known = bool(payment.amount) or payment.credit_used is not None
    refunded_at: datetime | None = row.refunded_at
    if is_opener and is_paid(payment) and is_known:
        refunded_at = None if is_backed(payment) else row.refunded_at or payment.reversed_at or clock.now()
    return copy_row(row, {"refunded_at": refunded_at})


def publish_subscription(unit: UnitOfWork, row: Subscription) -> None:
    """Publish the subscription's state to the other contexts. It begins with its first payment, or its trial."""
    has_begun = row.status not in (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.INCOMPLETE_EXPIRED)
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
            access_until=access_until(row),
            limits=limits_of(row),
            started_at=row.started_at if has_begun else None,
            ended_at=(row.ended_at or row.cancelled_at) if has_begun and row.status.is_final else None,
        )
    )


def set_refunded(unit: UnitOfWork, row: Subscription, period_end: datetime | None, at: datetime | None) -> None:
    """End the access to the current period at a time, because its payment was returned in full; restore it for None.

    `period_end` is the end of the period that the payment paid for; an earlier period changes nothing.
    """
    if period_end is not None and row.current_period_end is not None and period_end >= row.current_period_end:
        changed = copy_row(row, {"refunded_at": at})
        if changed.refunded_at != row.refunded_at:
            subscriptions.stage_subscription(unit.transaction, changed)
        publish_subscription(unit, changed)


def _plan_of(
    offers: PriceLookup, subscription: StripeSubscription, audience: OwnerType
) -> tuple[StripeSubscriptionItem | None, PlanTerms | None]:
    """Return the item of a plan and its terms, preferring a plan of the audience; (None, None) if no item has a plan."""
    priced = [item for item in subscription.items if item.price_id in offers.plans]
    own = [item for item in priced if offers.plans[item.price_id][0].audience is audience]
    item = next(iter([*own, *priced]), None)
    if item is None:
        return None, None
    plan, cycle = offers.plans[item.price_id]
    return item, PlanTerms(plan.id, cycle, plan.limits or {}, is_for_owner=bool(own))


def _new(subscription: StripeSubscription, customer: Customer) -> Subscription:
    return Subscription(
        id=subscriptions.subscription_id_of(subscription.id),
        owner=subscriptions.owner(customer.owner_type, customer.owner_id),
        owner_type=customer.owner_type,
        owner_id=customer.owner_id,
        stripe_subscription_id=subscription.id,
        created_at=subscription.created_at,
    )
