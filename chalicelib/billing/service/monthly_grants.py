"""Months of credits that were paid for ahead: each is granted when it begins, as long as the subscription lasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.billing.domain import credit_months
from chalicelib.billing.models import PaymentTransaction, Subscription
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository import price_lookup
from chalicelib.billing.repository.identity_map import IdentityMap, own_subscription_key, owner_key
from chalicelib.billing.service import credits, payments
from chalicelib.billing.service.effects import Effects, carry_out
from chalicelib.kit import clock

_LOOK_BACK = timedelta(days=2)
"""Days before the last completed run that are looked at again: a run may have died in between."""


def grant_due_months(now: datetime, since: datetime | None) -> int:
    """Grant every month that began since the last run; to how many payments' subscriptions."""
    granted, day = 0, (since or now) - _LOOK_BACK
    while day.date() <= now.date():
        for row in payment_rows.iterate_to_grant(f"{day:%Y-%m-%d}"):
            carry_out(partial(_grant, payment_id=row.id, now=now))
            granted += 1
        day += timedelta(days=1)
    return granted


def _grant(effects: Effects, payment_id: str, now: datetime) -> None:
    payment = payment_rows.get(payment_id)
    months = [clock.parse(begins_at) for begins_at in payment.months or []]
    if not payments.is_kept(payment) or not any(begins_at <= now for begins_at in months):
        return
    found = IdentityMap()
    found.read([own_subscription_key(payment.subscription_id), *price_lookup.KEYS])
    subscription = found.rows.get(own_subscription_key(payment.subscription_id) or price_lookup.KEYS[0])
    changed = payments.copy(payment)
    payments.await_months(changed, [])
    if isinstance(subscription, Subscription):
        _grant_begun(effects, found, changed, subscription, months, now)
    payment_rows.stage(effects.transaction, changed)


def _grant_begun(
    effects: Effects,
    found: IdentityMap,
    payment: PaymentTransaction,
    subscription: Subscription,
    months: list[datetime],
    now: datetime,
) -> None:
    owner = owner_key(subscription.owner_type, subscription.owner_id)
    found.read([owner])
    customer = found.customer(owner)
    ends = [at for at in (subscription.ended_at, _superseded_at(payment, subscription)) if at]
    covered = [begins_at for begins_at in months if all(begins_at < at for at in ends)]
    payments.await_months(payment, [at for at in covered if at > now])
    if customer is None:
        return
    amount = found.offers.credits_of(subscription.plan_name)
    begun = [(at, amount, subscription.plan_name) for at in covered if at <= now]
    known_as = subscription.stripe_subscription_id or subscription.id
    credits.grant_months(effects, found, customer, known_as, begun, payment)


def _superseded_at(payment: PaymentTransaction, subscription: Subscription) -> datetime | None:
    """When what was paid for gave way to another cycle. The payments tell, in whatever order they came here; of the
    last change the subscription, whose row is no moment behind."""
    beginnings = [row.months_from for row in payment_rows.iterate_by_subscription(subscription.id)]
    return credit_months.ended(
        payment.months_from, [at for at in (*beginnings, subscription.current_period_start) if at]
    )
