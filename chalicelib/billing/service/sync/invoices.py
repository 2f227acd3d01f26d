"""Sync subscriptions and invoices from Stripe: read both sides, decide, and write in one transaction.

An event needs at most two fetches from Stripe, four read calls and one transaction (docs/billing-events.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib.billing.domain import credit_months
from chalicelib.billing.domain.credit_months import GrantMonth
from chalicelib.billing.domain.event_order import Decision, EventContext, decide
from chalicelib.billing.enums import PaymentStatus, SubscriptionStatus
from chalicelib.billing.models import Customer, PaymentTransaction, Subscription
from chalicelib.billing.repository import price_lookup
from chalicelib.billing.repository.identity_map import (
    IdentityMap,
    Key,
    customer_guard,
    owner_key,
    payment_guards,
    subscription_key,
    usage_key,
)
from chalicelib.billing.service import (
    addons,
    credit_backing,
    discount_redemptions,
    monthly_grants,
    payments,
    subscriptions,
)
from chalicelib.billing.service.monthly_grants import MONTHS_PER_STEP, PaidMonth
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.stripe_objects.checkout_sessions import StripeCheckoutSession
from chalicelib.billing.stripe_objects.invoices import StripeInvoice, parse_invoice, parse_lines
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentReference
from chalicelib.billing.stripe_objects.subscriptions import (
    StripeSubscription,
    StripeSubscriptionSnapshot,
    parse_subscription,
)
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions
from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

_PROMPT = timedelta(minutes=10)
"""If we first see a subscription more than ten minutes after it started, earlier events may have been ignored."""


def sync_plan_subscription(subscription_id: str) -> Subscription:
    """Sync a plan's subscription from Stripe, return its row, and publish its state even if nothing changed.

    Raises NotOurs if its customer is not registered or it has no known plan, StripeObjectNotFound if Stripe has no such
    subscription.
    """
    row = sync_subscription(subscription_id)
    if row is None:
        raise NotOurs(f"{subscription_id} has only add-ons")
    return row


def sync_subscription(subscription_id: str) -> Subscription | None:
    """Sync a subscription from Stripe and return its row; None if it has only add-ons.

    Raises the same errors as `sync_plan_subscription`.
    """
    return sync_event_subscription(StripeSubscriptionSnapshot(subscription_id, None, None), None)


def sync_event_subscription(snapshot: StripeSubscriptionSnapshot, event: EventContext | None) -> Subscription | None:
    """Sync the subscription of an event and return its row; None if it has only add-ons."""
    return run_unit_of_work(lambda unit: _subscription(unit, IdentityMap(), snapshot, event))


def sync_checkout(view: StripeCheckoutSession, event: EventContext | None) -> None:
    """Sync the subscription of a paid checkout, and redeem the use of its discount code."""
    code, redemption = view.metadata.get(discount_redemptions.CODE), view.metadata.get(discount_redemptions.REDEMPTION)

    def sync(unit: UnitOfWork) -> None:
        found = IdentityMap()
        keys = [usage_key(code, redemption) if code and redemption else None, customer_guard(view.customer_id)]
        snapshot = StripeSubscriptionSnapshot(str(view.subscription_id), None, None)
        row = _subscription(unit, found, snapshot, event, keys)
        discount_redemptions.redeem(unit, found.usage(code, redemption), view, row.id if row else None)

    run_unit_of_work(sync)


def sync_invoice(
    invoice: StripeInvoice, event: EventContext | None, link: StripePaymentReference | None = None
) -> None:
    """Sync an invoice: its subscription, its payment, and the months of credits that it pays for.

    Raises NotOurs if it is not a subscription's invoice or its customer is not registered.
    """
    run_unit_of_work(lambda unit: _invoice(unit, invoice, event, link or StripePaymentReference()))


def _subscription(
    unit: UnitOfWork,
    found: IdentityMap,
    snapshot: StripeSubscriptionSnapshot,
    event: EventContext | None,
    others: Iterable[Key | None] = (),
) -> Subscription | None:
    """Sync a subscription within a unit of work.

    Rows are read before the fetch from Stripe and written only if unchanged since, so that stale state never replaces
    newer state.
    """
    found.read([subscription_key(snapshot.id), customer_guard(snapshot.customer_id), *price_lookup.KEYS, *others])
    row = found.subscription(snapshot.id)
    decision = decide(
        snapshot.final is not None,
        event.at if event else clock.now(),
        row.status if row else None,
        row.last_stripe_event_at if row else None,
    )
    if decision is Decision.KEEP and row is not None:
        subscriptions.publish_subscription(unit, row)
        return row
    _read_addons(found, row, snapshot.customer_id)
    view = snapshot.final or parse_subscription(stripe_subscriptions.retrieve_subscription(snapshot.id))
    owner = _owner_key(found, row, view.customer_id)
    found.read([owner])
    customer = _customer(found, owner)
    changed = _settle(unit, found, view, row, customer, event)
    if changed is not None:
        subscriptions.stage_change(unit, changed, row)
    return changed


def _settle(
    unit: UnitOfWork,
    found: IdentityMap,
    view: StripeSubscription,
    row: Subscription | None,
    customer: Customer,
    event: EventContext | None,
    invoice_id: str | None = None,
) -> Subscription | None:
    """Return the subscription's row for the caller to stage; stage its add-ons.

    `invoice_id` is the invoice that the same unit of work syncs; the backfill of earlier invoices omits it.
    """
    since = _unpaid_since(view)
    made = subscriptions.settle(found.offers, view, row, customer, event.at if event else None, since)
    addons.settle(unit, found, view, customer)
    if row is None and made is not None and view.created_at < clock.now() - _PROMPT:
        _catch_up(made, customer, event, invoice_id)
    return made


def _catch_up(subscription: Subscription, customer: Customer, event: EventContext | None, but: str | None) -> None:
    """Backfill the invoices paid before the subscription's price and customer were known, except the invoice `but`.

    Each payment has its own transaction, committed before the subscription's row. After a crash, a retry therefore
    repeats the backfill.
    """
    paid = {
        str(invoice["id"]) for invoice in stripe_invoices.list_paid_invoices(str(subscription.stripe_subscription_id))
    }
    for invoice_id in paid - {but}:
        view = _fetched(invoice_id)
        run_unit_of_work(partial(_pay_late, view=view, customer=customer, subscription=subscription, event=event))


def _pay_late(
    unit: UnitOfWork, view: StripeInvoice, customer: Customer, subscription: Subscription, event: EventContext | None
) -> None:
    found = IdentityMap()
    stripe_ids = view.id, view.payment_intent_id, view.charge_id
    found.read([*payment_guards(*stripe_ids), *price_lookup.KEYS])
    found.read([found.payment_key(*stripe_ids)])
    _pay(unit, found, view, customer, subscription, StripePaymentReference(), event)


def _invoice(unit: UnitOfWork, told: StripeInvoice, event: EventContext | None, link: StripePaymentReference) -> None:
    if told.subscription_id is None:
        raise NotOurs("not a subscription's invoice")
    found = IdentityMap()
    intent_id, charge_id = told.payment_intent_id or link.intent_id, told.charge_id or link.charge_id
    found.read(
        [
            subscription_key(told.subscription_id),
            customer_guard(told.customer_id),
            *payment_guards(told.id, intent_id, charge_id),
            *price_lookup.KEYS,
        ]
    )
    row = found.subscription(told.subscription_id)
    _read_addons(found, row, told.customer_id)
    current, subscription = _current(told, link)
    firsts = [month.begins_at for month in _paid_months(found, current) if month.is_first]
    owner = _owner_key(found, row, current.customer_id)
    payment = found.payment_key(current.id, intent_id, charge_id)
    found.read([owner, payment, *monthly_grants.month_keys(owner, told.subscription_id, firsts)])
    customer = _customer(found, owner)
    if row is None or not row.status.is_final:
        made = _settle(unit, found, subscription, row, customer, event, current.id)
    else:
        made = row
    paid = _pay(unit, found, current, customer, made, link, event)
    if made is not None:
        opened = subscriptions.follow_payment(made, paid) if paid and not made.status.is_final else made
        subscriptions.stage_change(unit, opened, row)


def _current(told: StripeInvoice, link: StripePaymentReference) -> tuple[StripeInvoice, StripeSubscription]:
    """Return the current state of the invoice and of its subscription.

    Uses the event's invoice if its state is final, all of its lines are present, and its payment is known or its
    amount is zero. Otherwise fetches the invoice.
    """
    is_linked = told.is_linked or link.intent_id is not None or not told.amount
    invoice = told if told.is_final and is_linked and not told.has_more_lines else _fetched(told.id)
    subscription_id = str(told.subscription_id)
    return invoice, invoice.subscription or parse_subscription(
        stripe_subscriptions.retrieve_subscription(subscription_id)
    )


def _fetched(invoice_id: str) -> StripeInvoice:
    """Fetch the invoice, with all of its lines if it is paid, and its subscription."""
    invoice = parse_invoice(stripe_invoices.retrieve_invoice(invoice_id))
    if invoice.has_more_lines and invoice.status is PaymentStatus.COMPLETED:
        lines = parse_lines(stripe_invoices.list_invoice_lines(invoice.id), invoice.currency)
        invoice = replace(invoice, lines=lines, has_more_lines=False)
    return invoice


def _pay(
    unit: UnitOfWork,
    found: IdentityMap,
    view: StripeInvoice,
    customer: Customer,
    subscription: Subscription | None,
    link: StripePaymentReference,
    event: EventContext | None,
) -> PaymentTransaction | None:
    """Stage the payment and the credits of the months that it pays for; return the payment, None if nothing was paid.

    Grants the first month of each line now; the schedule grants the other months.
    """
    sold = found.offers.plans
    months = _paid_months(found, view)
    if not view.amount and not (months and view.status is PaymentStatus.COMPLETED):
        return None
    earlier = found.payment(view.id, view.payment_intent_id or link.intent_id, view.charge_id or link.charge_id)
    row = payments.of_invoice(
        view, earlier, customer, subscription.id if subscription else None, event.event_id if event else None
    )
    row.stripe_payment_intent_id = row.stripe_payment_intent_id or link.intent_id
    row.stripe_charge_id = row.stripe_charge_id or link.charge_id
    paid = credit_months.paid_price(view.lines, sold)
    if paid is not None:
        row.plan_name, row.plan_from = sold[paid[0]][0].id, paid[1]
    upgrade = credit_months.paid_upgrade(view.lines, view.total, sold)
    row.replaced_credits = sold[upgrade.replaced_price_id][0].included_credits if upgrade else None
    row.months_from = min((month.begins_at for month in credit_months.paid_months(view.lines, sold)), default=None)
    row.credit_unbacked = credit_backing.unbacked_credit(found, row)
    opened = [month for month in months if sold[month.price_id][0].included_credits]
    if subscription is not None and opened and payments.is_kept(row):
        now = clock.now()
        first = [month for month in opened if month.is_first and month.begins_at <= now][:MONTHS_PER_STEP]
        begun = [
            PaidMonth(str(view.subscription_id), month.begins_at, plan.included_credits, plan.id)
            for month, plan in ((month, sold[month.price_id][0]) for month in first)
            if _is_covered(subscription, month.begins_at)
        ]
        monthly_grants.claim_months(unit, found, customer, row, begun)
        payments.await_months(row, [month.begins_at for month in opened if month not in first])
    payments.stage(unit, row, earlier)
    return row


def _paid_months(found: IdentityMap, view: StripeInvoice) -> list[GrantMonth]:
    """Return the months of plans that an invoice pays for: of whole periods, and those of a change to a larger plan."""
    sold = found.offers.plans
    upgrade = credit_months.paid_upgrade(view.lines, view.total, sold)
    return [*credit_months.paid_months(view.lines, sold), *(upgrade.months if upgrade else ())]


def _is_covered(subscription: Subscription, begins_at: datetime) -> bool:
    return subscription.ended_at is None or begins_at < subscription.ended_at


def _owner_key(found: IdentityMap, row: Subscription | None, stripe_customer_id: str) -> Key | None:
    """Return the owner's key: from the subscription's row, else from the unique value of the Stripe customer id."""
    if row is not None:
        return owner_key(row.owner_type, row.owner_id)
    found.read([customer_guard(stripe_customer_id)])
    return found.customer_key(stripe_customer_id)


def _customer(found: IdentityMap, key: Key | None) -> Customer:
    """Return the owner from the rows already read. Raises NotOurs if the owner is not registered."""
    customer = found.customer(key)
    if customer is None:
        raise NotOurs("its customer is not registered")
    return customer


def _read_addons(found: IdentityMap, row: Subscription | None, stripe_customer_id: str | None) -> None:
    """Read the owner's add-ons before the fetch from Stripe, like all rows that may be written."""
    key = owner_key(row.owner_type, row.owner_id) if row else found.customer_key(stripe_customer_id)
    if key is not None:
        found.addons_of(key)


def _unpaid_since(view: StripeSubscription) -> datetime | None:
    """Return the time at which the oldest unpaid invoice was finalized; None if the subscription is not past due."""
    if view.status is not SubscriptionStatus.PAST_DUE:
        return None
    unpaid = [parse_invoice(invoice).finalized_at for invoice in stripe_invoices.list_open_invoices(view.id)]
    return min((moment for moment in unpaid if moment), default=None)
