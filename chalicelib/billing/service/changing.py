"""Changes of a running subscription that its owner asks for: another plan, its end, no end after all, the portal.

Stripe is asked, then followed: a row never shows what Stripe does not have. An upgrade, and any change between months
and years, is billed at once and happens only if it is paid; a downgrade is credited on the next invoice; a trial goes
on and the new price counts from its end.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.billing import access, money, projection
from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.errors import (
    AlreadyCanceled,
    GiftUnchangeable,
    NotCanceled,
    NotSubscribed,
    PaymentOverdue,
    PaymentReversed,
    PlanUnavailable,
    PreviewExpired,
    SamePlan,
)
from chalicelib.billing.models import Subscription, SubscriptionPlan
from chalicelib.billing.projection import SubscriptionView
from chalicelib.billing.proration import Period, Price, ProratedLine, Proration, is_upgrade, prorate
from chalicelib.billing.repository import customers, offers, subscriptions
from chalicelib.billing.service import plans
from chalicelib.billing.service.following import follow
from chalicelib.integrations import stripe, stripe_subscriptions
from chalicelib.integrations.stripe import Json, ObjectMissing
from chalicelib.integrations.stripe_subscriptions import PriceChange, ProrationBehavior
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import Unavailable

PREVIEW_LASTS = timedelta(minutes=10)
_CHANGED_BY = "changed_by"
"""Where Stripe keeps the key of the last change, so that whoever tries again learns that it happened."""


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change costs: by our rule, and (`amount_due`) what Stripe will ask for at `due_at`, after discounts, taxes
    and the customer's balance; for a downgrade that is the next invoice, with its credit."""

    plan: str
    billing_cycle: BillingCycle
    currency: str
    lines: tuple[ProratedLine, ...]
    total: Decimal
    is_billed_now: bool
    amount_due: Decimal
    due_at: datetime
    proration_date: datetime
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class _Current:
    """The plan's item of a subscription, as Stripe has it now."""

    view: SubscriptionView
    metadata: Json
    item_id: str
    plan_id: str
    price: Price
    period: Period

    @property
    def on_trial(self) -> bool:
        return self.view.status is SubscriptionStatus.TRIALING


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The plan and cycle to change to."""

    plan: SubscriptionPlan
    price_id: str
    price: Price


def preview_change(owner_type: OwnerType, owner_id: str, plan: str, cycle: BillingCycle) -> ChangePreview:
    """What changing to the plan now would cost; nothing happens. Raises what `change` raises before it asks Stripe."""
    current, chosen = _change_of(owner_type, owner_id, plan, cycle)
    _demand_changeable(current, chosen)
    proration = _prorated(current, chosen, max(clock.now(), current.period.start))
    asked = _asked(current, chosen, proration.prorated_at)
    invoice = stripe_subscriptions.preview_change(asked)
    is_billed_now = asked.behavior == "always_invoice"
    return ChangePreview(
        plan=chosen.plan.id,
        billing_cycle=cycle,
        currency=proration.currency,
        lines=proration.lines,
        total=proration.total,
        is_billed_now=is_billed_now,
        amount_due=money.from_minor(invoice["amount_due"], invoice["currency"]),
        due_at=proration.prorated_at if is_billed_now else current.period.end,
        proration_date=proration.prorated_at,
        period_start=proration.period.start,
        period_end=proration.period.end,
    )


def change(
    owner_type: OwnerType,
    owner_id: str,
    plan: str,
    cycle: BillingCycle,
    previewed_at: datetime | None = None,
    request_key: str | None = None,
) -> Subscription:
    """Change to another plan or cycle, at what the preview of `previewed_at` showed if one is given.

    Raises NotSubscribed, GiftUnchangeable, PlanUnavailable, SamePlan, AlreadyCanceled (resume first), PaymentOverdue,
    PaymentReversed (all of the period's money went back), PreviewExpired (over ten minutes old, or of the period before), PaymentDeclined (nothing is changed then).
    """
    key = request_key or ids.new()
    current, chosen = _change_of(owner_type, owner_id, plan, cycle)
    if current.metadata.get(_CHANGED_BY) != key:
        _demand_changeable(current, chosen)
        _demand_recent(previewed_at, current.period)
        metadata = {"plan": chosen.plan.id, _CHANGED_BY: key}
        stripe_subscriptions.change_price(_asked(current, chosen, previewed_at), metadata, f"change-{key}")
    return follow(current.view.id)


def cancel(
    owner_type: OwnerType, owner_id: str, *, at_period_end: bool, request_key: str | None = None
) -> Subscription:
    """End the subscription with the period that is paid for, or now; nothing is paid back by that.

    Raises NotSubscribed, GiftUnchangeable, and AlreadyCanceled where it ends with the period already.
    """
    row = _running(owner_type, owner_id)
    stripe_id = str(row.stripe_subscription_id)
    if not at_period_end:
        with suppress(ObjectMissing):  # it had ended before, which the row shows next
            stripe_subscriptions.cancel_now(stripe_id)
    elif row.cancel_at_period_end:
        raise AlreadyCanceled
    else:
        stripe_subscriptions.cancel_at_period_end(stripe_id, f"cancel-{request_key or ids.new()}")
    return follow(stripe_id)


def resume(owner_type: OwnerType, owner_id: str, request_key: str | None = None) -> Subscription:
    """Let a subscription go on that was to end with its period.

    Raises NotSubscribed (also once it has ended), GiftUnchangeable, NotCanceled.
    """
    row = _running(owner_type, owner_id)
    stripe_id = str(row.stripe_subscription_id)
    shown = stripe.subscription(stripe_id)
    view = projection.subscription(shown)
    if view.status.is_final:
        raise NotSubscribed
    if not view.cancel_at_period_end:
        raise NotCanceled
    was_dated = not shown["cancel_at_period_end"]
    stripe_subscriptions.resume(stripe_id, was_dated, f"resume-{request_key or ids.new()}")
    return follow(stripe_id)


def open_portal(owner_type: OwnerType, owner_id: str, return_url: str, request_key: str | None = None) -> Json:
    """A session of Stripe's customer portal. Raises CustomerUnknown, and NotSubscribed for who never bought anything."""
    customer = customers.get(owner_type, owner_id)
    if customer.at_stripe is None:
        raise NotSubscribed("Nothing was bought yet, so there is nothing to see in the portal.")
    key = f"portal-{request_key or ids.new()}"
    return stripe_subscriptions.create_portal_session(customer.at_stripe, return_url, key)


def _running(owner_type: OwnerType, owner_id: str) -> Subscription:
    """The subscription of Stripe's that counts, of those that have not ended."""
    live = [row for row in subscriptions.list_by_owner(owner_type, owner_id) if not row.status.is_final]
    row = access.governing([row for row in live if row.stripe_subscription_id], clock.now())
    if row is None:
        raise GiftUnchangeable if live else NotSubscribed
    return row


def _change_of(owner_type: OwnerType, owner_id: str, plan: str, cycle: BillingCycle) -> tuple[_Current, _Chosen]:
    row = _running(owner_type, owner_id)
    if row.refunded_at is not None:  # Stripe would credit the rest of a period that nobody paid for
        raise PaymentReversed
    chosen, price_id = plans.choose(plan, cycle, owner_type)
    current = _current(str(row.stripe_subscription_id))
    amount = chosen.price_annual if cycle is BillingCycle.ANNUAL else chosen.price_monthly
    price = Price(amount or Decimal(0), chosen.currency, cycle, current.price.quantity)
    return current, _Chosen(chosen, price_id, price)


def _current(stripe_id: str) -> _Current:
    shown = stripe.subscription(stripe_id)
    view = projection.subscription(shown)
    found = offers.read().plans
    for item, raw in zip(view.items, shown["items"]["data"], strict=True):
        if item.price_id in found and item.period_start and item.period_end:
            plan, cycle = found[item.price_id]
            price = Price(item.amount or Decimal(0), item.currency, cycle, raw["quantity"])
            return _Current(
                view, shown["metadata"], raw["id"], plan.id, price, Period(item.period_start, item.period_end)
            )
    raise NotSubscribed("The subscription is to no plan of ours.")


def _demand_changeable(current: _Current, chosen: _Chosen) -> None:
    """What Stripe would take, but no owner could want: a change that ends at once, a credit for what was never paid."""
    if current.view.status.is_final:
        raise NotSubscribed
    if current.view.status not in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING):
        raise PaymentOverdue
    if current.view.cancel_at_period_end:
        raise AlreadyCanceled("The subscription is about to end; resume it before the plan is changed.")
    if (current.plan_id, current.price.cycle) == (chosen.plan.id, chosen.price.cycle):
        raise SamePlan(errors=[{"path": "body.plan", "message": "the present plan"}])
    if current.price.currency != chosen.price.currency:
        raise PlanUnavailable(errors=[{"path": "body.plan", "message": "not sold in the subscription's currency"}])
    if current.period.end <= clock.now():
        raise Unavailable("The subscription is being renewed.", retry_after=60)


def _demand_recent(previewed_at: datetime | None, period: Period) -> None:
    if previewed_at is None:
        return
    now = clock.now()
    if not max(period.start, now - PREVIEW_LASTS) <= previewed_at <= max(now, period.start):
        raise PreviewExpired(errors=[{"path": "body.proration_date", "message": "not of a recent preview"}])


def _prorated(current: _Current, chosen: _Chosen, at: datetime) -> Proration:
    if not current.on_trial:
        return prorate(current.price, chosen.price, current.period, at)
    nothing = money.padded(Decimal(0), chosen.price.currency)
    return Proration((), nothing, chosen.price.currency, at.replace(microsecond=0), current.period)


def _asked(current: _Current, chosen: _Chosen, at: datetime | None) -> PriceChange:
    behavior: ProrationBehavior = "always_invoice" if is_upgrade(current.price, chosen.price) else "create_prorations"
    return PriceChange(
        subscription_id=current.view.id,
        item_id=current.item_id,
        price_id=chosen.price_id,
        quantity=chosen.price.quantity,
        behavior="none" if current.on_trial else behavior,
        proration_date=None if at is None else int(at.timestamp()),
    )
