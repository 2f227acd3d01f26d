"""Sync invoices from Stripe: the subscription, the payment, and the months of credits that are paid.

Load the rows that may be written; fetch from Stripe; load what the invoice refers to; decide without I/O
(`domain.payments.decide_invoice`); commit in one transaction. Rows that were read before the fetch are written only if
they have not changed since, so that stale state never replaces newer state. An event needs at most two fetches, four
read calls and one transaction (docs/billing-events.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib.billing.domain.dunning import unpaid_since
from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.domain.monthly_grants import paid_months, paid_upgrade
from chalicelib.billing.domain.payments import InvoiceChanges, InvoiceContext, decide_invoice
from chalicelib.billing.domain.subscriptions import SyncContext
from chalicelib.billing.enums import PaymentStatus, SubscriptionStatus
from chalicelib.billing.models import Customer, PaymentTransaction, Subscription
from chalicelib.billing.repository import addons as addon_rows
from chalicelib.billing.repository import payments, price_lookup
from chalicelib.billing.repository.identity_map import (
    IdentityMap,
    customer_unique_key,
    owner_key,
    owner_type_of,
    payment_unique_keys,
    subscription_key,
)
from chalicelib.billing.schemas.messages import PaymentFailed, PaymentSucceeded
from chalicelib.billing.service import addons, backed_credit, monthly_grants
from chalicelib.billing.service.payments import publish_payment
from chalicelib.billing.service.recurring_revenue import publish_no_revenue, publish_synced_revenue
from chalicelib.billing.service.subscriptions import NotOurs, apply_payment, settle_subscription, stage_change
from chalicelib.billing.service.sync.subscription_fetch import SubscriptionSync, fetch_subscription, with_terms
from chalicelib.billing.stripe_objects.invoices import StripeInvoice, parse_invoice, parse_lines, parse_parts
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentReference
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.kit import clock
from chalicelib.kit.tables import copy_row, rows_differ
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

_PROMPT = timedelta(minutes=10)
"""If we first see a subscription more than ten minutes after it started, earlier events may have been ignored."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice, with the payment and the event that refer to it, and whose it is."""

    invoice: StripeInvoice
    reference: StripePaymentReference
    event: EventContext | None
    customer: Customer
    subscription: Subscription | None

    @property
    def stripe_ids(self) -> tuple[str, str | None, str | None]:
        """The Stripe ids by which the payment is found: invoice, payment intent, charge."""
        return _stripe_ids(self.invoice, self.reference)


def sync_invoice(
    invoice: StripeInvoice, event: EventContext | None, reference: StripePaymentReference | None = None
) -> None:
    """Sync an invoice: its subscription, its payment, and the months of credits that it pays for.

    `reference` is its payment, if the event names it. Raises NotOurs if it is not a subscription's invoice or its
    customer is not registered.
    """
    if invoice.subscription_id is None:
        raise NotOurs("not a subscription's invoice")
    run_unit_of_work(lambda unit: _sync(unit, invoice, event, reference or StripePaymentReference()))


def _sync(
    unit: UnitOfWork, reported: StripeInvoice, event: EventContext | None, reference: StripePaymentReference
) -> None:
    rows = _load(reported, reference)
    row = rows.subscription(reported.subscription_id)
    as_of = clock.now()
    invoice, subscription = _fetch(reported, reference, row)
    customer = _load_owner(rows, invoice, row, _stripe_ids(reported, reference))
    synced = row
    if row is None or not row.status.is_final:
        synced = sync_rows(unit, rows, SubscriptionSync(subscription, row, customer, event, as_of), invoice.id)
    else:
        publish_no_revenue(unit, row, row.last_stripe_event_at)
    bill = Bill(invoice, reference, event, customer, synced)
    payment = _commit_payment(unit, rows, bill, _decide(rows, bill))
    if synced is not None:
        follows = payment is not None and not synced.status.is_final
        stage_change(unit, apply_payment(synced, payment) if payment and follows else synced, row)


def _load(reported: StripeInvoice, reference: StripePaymentReference) -> IdentityMap:
    """Read the rows that the event's invoice refers to, before the fetch."""
    rows = IdentityMap()
    rows.read(
        [
            subscription_key(str(reported.subscription_id)),
            customer_unique_key(reported.customer_id),
            *payment_unique_keys(*_stripe_ids(reported, reference)),
            *price_lookup.KEYS,
        ]
    )
    read_addons(rows, rows.subscription(reported.subscription_id), reported.customer_id)
    return rows


def _fetch(
    reported: StripeInvoice, reference: StripePaymentReference, row: Subscription | None
) -> tuple[StripeInvoice, StripeSubscription]:
    """Return the current state of the invoice and of its subscription.

    Uses the event's invoice if its state is final, all of its lines are present, and its payment is known or its
    amount is zero. Otherwise fetches the invoice.
    """
    is_linked = reported.is_linked or reference.intent_id is not None or not reported.amount
    is_whole = reported.is_final and is_linked and not (reported.has_more_lines or reported.has_more_payments)
    invoice = reported if is_whole else _fetch_invoice(reported.id)
    if invoice.subscription is not None:
        return invoice, with_terms(invoice.subscription, row)
    return invoice, fetch_subscription(str(reported.subscription_id), row)


def _fetch_invoice(invoice_id: str) -> StripeInvoice:
    """Fetch the invoice, with all of its lines if it is paid, and its subscription."""
    invoice = parse_invoice(stripe_invoices.retrieve_invoice(invoice_id))
    if invoice.has_more_lines and invoice.status is PaymentStatus.COMPLETED:
        lines = parse_lines(stripe_invoices.list_invoice_lines(invoice.id), invoice.currency)
        invoice = replace(invoice, lines=lines, has_more_lines=False)
    if invoice.has_more_payments and invoice.parts is not None:
        parts = parse_parts(stripe_invoices.list_invoice_payments(invoice.id), invoice.currency)
        invoice = replace(invoice, parts=parts, has_more_payments=False)
    return invoice


def _load_owner(
    rows: IdentityMap, invoice: StripeInvoice, row: Subscription | None, stripe_ids: tuple[str | None, ...]
) -> Customer:
    """Read the invoice's owner, its payment and the months that it pays for. Raises NotOurs if it has no owner."""
    owner = rows.read_owner_key(row, invoice.customer_id)
    sold = rows.offers.sold_to(owner_type_of(owner)) if owner else {}
    upgrade = paid_upgrade(invoice.lines, invoice.total, sold)
    months = [*paid_months(invoice.lines, sold), *(upgrade.months if upgrade else ())]
    firsts = [at.begins_at for at in months if at.is_first]
    month_keys = monthly_grants.month_keys(owner, invoice.subscription_id, firsts)
    rows.read([owner, rows.payment_key(*stripe_ids), *month_keys])
    return registered_customer(rows, row, invoice.customer_id)


def _decide(rows: IdentityMap, bill: Bill) -> InvoiceChanges | None:
    """Decide what the invoice changes, from the rows that were read."""
    subscription = bill.subscription
    context = InvoiceContext(
        sold=rows.offers.sold_to(bill.customer.owner_type),
        addon_prices=rows.offers.addons,
        subscription_id=subscription.id if subscription else None,
        ended_at=subscription.ended_at if subscription else None,
        reference=bill.reference,
        event=bill.event,
        now=clock.now(),
    )
    payment = rows.payment(*bill.stripe_ids) or payments.new(bill.customer, bill.invoice.created_at)
    return decide_invoice(bill.invoice, payment, context)


def _commit_payment(
    unit: UnitOfWork, rows: IdentityMap, bill: Bill, changes: InvoiceChanges | None
) -> PaymentTransaction | None:
    """Stage the payment and the months that it claims; return the payment, None if nothing was paid."""
    row = None
    if changes is not None:
        earlier = rows.payment(*bill.stripe_ids)
        row = copy_row(earlier or payments.new(bill.customer, bill.invoice.created_at), changes.payment)
        items = [line.item_id for line in bill.invoice.periods if line.item_id]
        row.addon_ids = [addon_rows.addon_id_of(item_id) for item_id in items] or row.addon_ids
        if row.credit_used:
            row.credit_unbacked = backed_credit.unbacked_credit(rows, row)
        monthly_grants.claim_months(unit, rows, bill.customer, row, changes.claims)
        if changes.later is not None:
            payments.set_months(row, changes.later)
        stage_payment(unit, row, earlier)
    return row


def stage_payment(unit: UnitOfWork, row: PaymentTransaction, earlier: PaymentTransaction | None) -> None:
    """Stage the payment if it differs from the stored one, and publish it even if nothing changed."""
    if earlier is None or rows_differ(row, earlier):
        payments.stage_payment(unit.transaction, row)
    publish_payment(unit, row)
    facts = {
        "owner_type": row.owner_type,
        "owner_id": row.owner_id,
        "payment_id": row.id,
        "version": row.version,
        "kind": row.kind,
        "amount": row.amount,
        "currency": row.currency,
        "subscription_id": row.subscription_id,
    }
    if row.status is PaymentStatus.COMPLETED:
        unit.publish(PaymentSucceeded(**facts))
    elif row.status is PaymentStatus.FAILED:
        unit.publish(PaymentFailed(**facts, failure_reason=row.failure_reason))


def sync_rows(
    unit: UnitOfWork, rows: IdentityMap, sync: SubscriptionSync, invoice_id: str | None
) -> Subscription | None:
    """Return the subscription's row brought to Stripe's state, for the caller to stage; stage its add-ons.

    Returns None if the subscription has only add-ons. If it is first seen late, backfills its paid invoices, except
    `invoice_id`, which the same unit of work syncs.
    """
    subscription, customer, now = sync.subscription, sync.customer, clock.now()
    context = SyncContext(sync.event.at if sync.event else None, _unpaid_since(subscription), now)
    row = settle_subscription(rows.offers, subscription, sync.row, customer, context)
    publish_synced_revenue(unit, rows.offers, sync, row)
    held = rows.addons_of(owner_key(customer.owner_type, customer.owner_id))
    if held or any(item.price_id in rows.offers.addons for item in subscription.items):
        addons.settle_addons(unit, rows, subscription, customer)
    if sync.row is None and row is not None and subscription.created_at < now - _PROMPT:
        _backfill(row, sync, invoice_id)
    return row


def _backfill(row: Subscription, sync: SubscriptionSync, but: str | None) -> None:
    """Sync the invoices paid before the subscription's price and customer were known, except the invoice `but`.

    Each payment has its own transaction, committed before the subscription's row. After a crash, a retry therefore
    repeats the backfill.
    """
    paid = {str(invoice["id"]) for invoice in stripe_invoices.list_paid_invoices(sync.subscription.id)}
    for invoice_id in paid - {but}:
        bill = Bill(_fetch_invoice(invoice_id), StripePaymentReference(), sync.event, sync.customer, row)
        run_unit_of_work(partial(_backfill_payment, bill=bill))


def _backfill_payment(unit: UnitOfWork, bill: Bill) -> None:
    rows = IdentityMap()
    rows.read([*payment_unique_keys(*bill.stripe_ids), *price_lookup.KEYS])
    rows.read([rows.payment_key(*bill.stripe_ids)])
    _commit_payment(unit, rows, bill, _decide(rows, bill))


def read_addons(rows: IdentityMap, row: Subscription | None, stripe_customer_id: str | None) -> None:
    """Read the owner's add-ons before the fetch from Stripe, like all rows that may be written."""
    key = owner_key(row.owner_type, row.owner_id) if row else rows.customer_key(stripe_customer_id)
    if key is not None:
        rows.addons_of(key)


def registered_customer(rows: IdentityMap, row: Subscription | None, stripe_customer_id: str) -> Customer:
    """Return the subscription's owner, reading it if necessary. Raises NotOurs if the owner is not registered."""
    owner = rows.read_owner_key(row, stripe_customer_id)
    rows.read([owner])
    customer = rows.customer(owner)
    if customer is None:
        raise NotOurs("its customer is not registered")
    return customer


def _unpaid_since(subscription: StripeSubscription) -> datetime | None:
    """Return the time at which the oldest unpaid invoice was finalized; None if the subscription is not past due."""
    if subscription.status is not SubscriptionStatus.PAST_DUE:
        return None
    return unpaid_since(parse_invoice(invoice) for invoice in stripe_invoices.iterate_invoices(subscription.id))


def _stripe_ids(invoice: StripeInvoice, reference: StripePaymentReference) -> tuple[str, str | None, str | None]:
    return invoice.id, invoice.payment_intent_id or reference.intent_id, invoice.charge_id or reference.charge_id
