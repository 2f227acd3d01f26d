"""Publish the recurring revenue of subscriptions: after each sync from Stripe, and of gifts, which have none."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing.domain.recurring_revenue import (
    ZERO,
    RevenueStep,
    items_with_unknown_tax,
    items_without_amount,
    revenue_steps,
)
from chalicelib.billing.metrics import STRIPE_PARTS_DROPPED
from chalicelib.billing.models import Subscription
from chalicelib.billing.repository import subscriptions
from chalicelib.billing.repository.price_lookup import PriceLookup
from chalicelib.billing.schemas.messages import RecurringRevenueChanged
from chalicelib.billing.service.sync.subscription_fetch import SubscriptionSync
from chalicelib.kit import clock, logs
from chalicelib.kit.unit_of_work import UnitOfWork

log = logs.logger("billing")


def publish_synced_revenue(
    unit: UnitOfWork, offers: PriceLookup, sync: SubscriptionSync, row: Subscription | None
) -> None:
    """Publish the revenue of a synced subscription. `row` is None if it has only add-ons."""
    subscription = sync.subscription
    _log_uncounted(sync)
    is_final, event_at = subscription.status.is_final, sync.event.at if sync.event else None
    effective_at = event_at or sync.as_of
    if is_final:
        effective_at = subscription.ended_at or subscription.cancelled_at or effective_at
    steps = revenue_steps(subscription, offers.addons, effective_at)
    unit.publish(
        RecurringRevenueChanged(
            owner_type=sync.customer.owner_type,
            owner_id=sync.customer.owner_id,
            subscription_id=row.id if row else subscriptions.subscription_id_of(subscription.id),
            as_of=sync.as_of,
            effective_at=effective_at,
            is_final=is_final,
            status=subscription.status,
            plan_name=row.plan_name if row else None,
            currency=subscription.currency,
            steps=[{"from": step.begins_at, "plan": step.plan, "addons": step.addons} for step in steps],
        )
    )


def publish_no_revenue(unit: UnitOfWork, row: Subscription, as_of: datetime | None) -> None:
    """Publish that a subscription earns nothing: one that has ended, or a gift. `as_of` None: now."""
    is_final = row.status.is_final
    effective_at = (row.ended_at or row.cancelled_at if is_final else row.started_at) or as_of or clock.now()
    step = RevenueStep(effective_at, ZERO, ZERO)
    unit.publish(
        RecurringRevenueChanged(
            owner_type=row.owner_type,
            owner_id=row.owner_id,
            subscription_id=row.id,
            as_of=as_of or clock.now(),
            effective_at=effective_at,
            is_final=is_final,
            status=row.status,
            plan_name=row.plan_name,
            currency=row.currency,
            steps=[{"from": step.begins_at, "plan": step.plan, "addons": step.addons}],
        )
    )


def _log_uncounted(sync: SubscriptionSync) -> None:
    """Log the items that count 0 or with a tax, and log and count the parts that were unreadable."""
    subscription = sync.subscription
    for item in items_without_amount(subscription):
        extra = {"subscription": subscription.id, "item": item}
        log.warning("recurring revenue incomplete: an item has no amount per cycle", extra=extra)
    for item in items_with_unknown_tax(subscription):
        extra = {"subscription": subscription.id, "item": item}
        log.warning("recurring revenue includes tax: Stripe calculates its rate with each invoice", extra=extra)
    if subscription.dropped:
        extra = {"subscription": subscription.id, "parts": ", ".join(subscription.dropped)}
        log.warning("subscription parts dropped: unreadable", extra=extra)
        STRIPE_PARTS_DROPPED.count(len(subscription.dropped))
