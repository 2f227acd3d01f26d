"""Subscription changes by the owner: change of plan, cancellation, resumption, and the customer portal.

Every change is made at Stripe and then synced, so that a row never differs from Stripe. An upgrade, and any change
between monthly and annual billing, is billed immediately and takes effect only if it is paid. A downgrade is credited
on the next invoice. During a trial, the trial continues and the new price applies from its end.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.domain.access import current_subscription
from chalicelib.billing.domain.proration import Period, Price, ProratedLine, Proration, is_upgrade, prorate
from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.errors import (
    AlreadyCanceled,
    GiftUnchangeable,
    InvalidPlan,
    InvalidPreview,
    NotCanceled,
    NotSubscribed,
    PaymentOverdue,
    PaymentReversed,
    SamePlan,
)
from chalicelib.billing.models import Subscription, SubscriptionPlan
from chalicelib.billing.repository import customers, price_lookup, subscriptions
from chalicelib.billing.schemas.subscription_changes import ChangeCreate
from chalicelib.billing.service import plans, portal
from chalicelib.billing.service.customers import call_with_customer
from chalicelib.billing.service.sync.subscription_fetch import fetch_whole
from chalicelib.billing.service.sync.subscriptions import sync_plan_subscription
from chalicelib.billing.stripe_objects.invoices import parse_amount_due
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import portal as stripe_portal
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.integrations.stripe.subscriptions import PriceChange, ProrationBehavior
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import Unavailable

PREVIEW_LASTS = timedelta(minutes=10)
_CHANGED_BY = "changed_by"
"""The Stripe metadata key that stores the idempotency key of the last change, so that a retry is recognized."""


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """The cost of a plan change.

    `lines` and `total` come from our proration rule. `amount_due` is the amount that Stripe charges at `due_at`, after
    discounts, taxes and the customer's balance. For a downgrade, this is the amount of the next invoice with its
    credit.
    """

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
    """The plan's item of a subscription, in its current state at Stripe."""

    view: StripeSubscription
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
    """Calculate the cost of a change to the plan now, without making the change.

    Raises the same errors as `change_plan`, except InvalidPreview and PaymentDeclined.
    """
    current, chosen = _change_of(owner_type, owner_id, plan, cycle)
    _demand_changeable(current, chosen)
    proration = _prorated(current, chosen, max(clock.now(), current.period.start))
    change = _price_change(current, chosen, proration.prorated_at)
    amount_due = parse_amount_due(stripe_invoices.preview_price_change(change))
    is_billed_now = change.behavior == "always_invoice"
    return ChangePreview(
        plan=chosen.plan.id,
        billing_cycle=cycle,
        currency=proration.currency,
        lines=proration.lines,
        total=proration.total,
        is_billed_now=is_billed_now,
        amount_due=amount_due,
        due_at=proration.prorated_at if is_billed_now else current.period.end,
        proration_date=proration.prorated_at,
        period_start=proration.period.start,
        period_end=proration.period.end,
    )


def change_plan(
    owner_type: OwnerType, owner_id: str, body: ChangeCreate, request_key: str | None = None
) -> Subscription:
    """Change the owner's subscription to another plan or cycle, and return its synced row.

    With the `proration_date` of a preview, the change costs what that preview showed.

    Raises:
    - NotSubscribed if there is no subscription, GiftUnchangeable if the plan is a gift.
    - InvalidPlan if the plan is not for sale in this cycle or currency, SamePlan if plan and cycle are the same.
    - AlreadyCanceled if the subscription ends with its period; it must be resumed first.
    - PaymentOverdue if a payment is overdue, PaymentReversed if the period's payment was returned in full.
    - InvalidPreview if the preview is older than ten minutes or of an earlier period.
    - PaymentDeclined if the payment fails; nothing is changed then.
    - Unavailable if the subscription is being renewed.
    """
    key = request_key or ids.new()
    current, chosen = _change_of(owner_type, owner_id, body.plan, body.billing_cycle)
    if current.view.metadata.get(_CHANGED_BY) != key:
        _demand_changeable(current, chosen)
        _demand_recent(body.proration_date, current.period)
        metadata = {"plan": chosen.plan.id, _CHANGED_BY: key}
        stripe_subscriptions.change_price(
            _price_change(current, chosen, body.proration_date), metadata, f"change-{key}"
        )
    return sync_plan_subscription(current.view.id)


def cancel_subscription(
    owner_type: OwnerType, owner_id: str, *, at_period_end: bool, request_key: str | None = None
) -> Subscription:
    """Cancel the subscription at the end of the paid period, or immediately. Nothing is refunded.

    Raises NotSubscribed if there is no subscription, GiftUnchangeable if the plan is a gift, AlreadyCanceled if the
    subscription already ends with its period.
    """
    row = _running(owner_type, owner_id)
    stripe_id = str(row.stripe_subscription_id)
    if not at_period_end:
        with suppress(StripeObjectNotFound):  # it has already ended; the sync below updates the row
            stripe_subscriptions.cancel_now(stripe_id)
    elif row.cancel_at_period_end:
        raise AlreadyCanceled
    else:
        stripe_subscriptions.cancel_at_period_end(stripe_id, f"cancel-{request_key or ids.new()}")
    return sync_plan_subscription(stripe_id)


def resume_subscription(owner_type: OwnerType, owner_id: str, request_key: str | None = None) -> Subscription:
    """Resume a subscription that was to end with its period.

    Raises NotSubscribed if there is no subscription or it has ended, GiftUnchangeable if the plan is a gift. Raises
    NotCanceled if the subscription is not to end.
    """
    row = _running(owner_type, owner_id)
    stripe_id = str(row.stripe_subscription_id)
    view = fetch_whole(stripe_id)
    if view.status.is_final:
        raise NotSubscribed
    if not view.cancel_at_period_end:
        raise NotCanceled
    stripe_subscriptions.resume_subscription(stripe_id, view.is_end_dated, f"resume-{request_key or ids.new()}")
    return sync_plan_subscription(stripe_id)


def open_portal(owner_type: OwnerType, owner_id: str, return_url: str, request_key: str | None = None) -> str:
    """Create a session of the Stripe customer portal and return its URL.

    If Stripe no longer has the owner's customer, creates a new one. Raises CustomerNotFound if the owner is not registered,
    NotSubscribed if they never had a Stripe customer.
    """
    customer = customers.get(owner_type, owner_id)
    if customer.stripe_customer_id is None:
        raise NotSubscribed("The portal is available after the first purchase.")
    key, configuration = f"portal-{request_key or ids.new()}", portal.configuration_of(owner_type)

    def create(customer_id: str) -> str:
        return stripe_portal.create_portal_session(customer_id, return_url, configuration, f"{key}-{customer_id}")

    return call_with_customer(customer, create)


def _running(owner_type: OwnerType, owner_id: str) -> Subscription:
    """Return the owner's current Stripe subscription that has not ended.

    Raises GiftUnchangeable if the owner has only a gift, NotSubscribed if they have no subscription.
    """
    live = [row for row in subscriptions.list_by_owner(owner_type, owner_id) if not row.status.is_final]
    row = current_subscription([row for row in live if row.stripe_subscription_id], clock.now())
    if row is None:
        raise GiftUnchangeable if live else NotSubscribed
    return row


def _change_of(owner_type: OwnerType, owner_id: str, plan: str, cycle: BillingCycle) -> tuple[_Current, _Chosen]:
    row = _running(owner_type, owner_id)
    if row.refunded_at is not None:  # Stripe would credit the rest of an unpaid period
        raise PaymentReversed
    chosen, price_id = plans.choose_plan(plan, cycle, owner_type)
    current = _current(str(row.stripe_subscription_id))
    amount = chosen.price_annual if cycle is BillingCycle.ANNUAL else chosen.price_monthly
    price = Price(amount or Decimal(0), chosen.currency, cycle, current.price.quantity)
    return current, _Chosen(chosen, price_id, price)


def _current(stripe_id: str) -> _Current:
    view = fetch_whole(stripe_id)
    plans_by_price = price_lookup.read().plans
    for item in view.items:
        if item.price_id in plans_by_price and item.period_start and item.period_end:
            plan, cycle = plans_by_price[item.price_id]
            price = Price(item.amount or Decimal(0), item.currency, cycle, item.quantity)
            return _Current(view, item.id, plan.id, price, Period(item.period_start, item.period_end))
    raise NotSubscribed("The subscription has no item of a known plan.")


def _demand_changeable(current: _Current, chosen: _Chosen) -> None:
    """Reject changes that Stripe accepts but that harm the owner or us.

    Examples are a change of a subscription that is about to end, and a credit for a period that was never paid. Raises
    NotSubscribed, PaymentOverdue, AlreadyCanceled, SamePlan, InvalidPlan or Unavailable.
    """
    if current.view.status.is_final:
        raise NotSubscribed
    if current.view.status not in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING):
        raise PaymentOverdue
    if current.view.cancel_at_period_end:
        raise AlreadyCanceled("The subscription is about to end; resume it before you change the plan.")
    if (current.plan_id, current.price.cycle) == (chosen.plan.id, chosen.price.cycle):
        raise SamePlan(errors=[{"path": "body.plan", "message": "must differ from the current plan"}])
    if current.price.currency != chosen.price.currency:
        raise InvalidPlan(errors=[{"path": "body.plan", "message": "not sold in the subscription's currency"}])
    if current.period.end <= clock.now():
        raise Unavailable("The subscription is being renewed.", retry_after=60)


def _demand_recent(previewed_at: datetime | None, period: Period) -> None:
    if previewed_at is None:
        return
    now = clock.now()
    if not max(period.start, now - PREVIEW_LASTS) <= previewed_at <= max(now, period.start):
        raise InvalidPreview(
            errors=[{"path": "body.proration_date", "message": "must come from a preview of the last ten minutes"}]
        )


def _prorated(current: _Current, chosen: _Chosen, at: datetime) -> Proration:
    if not current.on_trial:
        return prorate(current.price, chosen.price, current.period, at)
    nothing = money.padded(Decimal(0), chosen.price.currency)
    return Proration((), nothing, chosen.price.currency, at.replace(microsecond=0), current.period)


def _price_change(current: _Current, chosen: _Chosen, at: datetime | None) -> PriceChange:
    behavior: ProrationBehavior = "always_invoice" if is_upgrade(current.price, chosen.price) else "create_prorations"
    return PriceChange(
        subscription_id=current.view.id,
        item_id=current.item_id,
        price_id=chosen.price_id,
        quantity=chosen.price.quantity,
        behavior="none" if current.on_trial else behavior,
        proration_date=None if at is None else int(at.timestamp()),
    )
