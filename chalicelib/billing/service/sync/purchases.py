"""Sync one-time purchases through Checkout: credits, add-ons and gifts. Each is delivered once, when it is paid."""

from __future__ import annotations

from chalicelib.billing.domain.credit_ledger import ledger_of, source_key
from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.domain.payments import intent_columns
from chalicelib.billing.enums import EntryType, PaymentKind, PaymentStatus
from chalicelib.billing.models import Customer, PaymentTransaction
from chalicelib.billing.repository import addons as addon_rows
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository import payments
from chalicelib.billing.repository.identity_map import (
    IdentityMap,
    entry_unique_keys,
    gift_key,
    head_key,
    owner_key,
    payment_unique_keys,
)
from chalicelib.billing.service import addons, credits, gifts, sold_credits
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.service.sync.invoices import stage_payment
from chalicelib.billing.stripe_objects.payment_intents import PURCHASE, StripePaymentIntent, parse_payment_intent
from chalicelib.integrations.stripe import payments as stripe_payments
from chalicelib.kit import clock
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def sync_purchase(intent: StripePaymentIntent, event: EventContext | None) -> None:
    """Sync the payment, and what it bought, from its payment intent. Fetch the intent if its state is not final.

    Raises NotOurs if the intent is not a purchase through our checkout or its buyer is not registered.
    """
    run_unit_of_work(lambda unit: _sync(unit, intent, event))


def metadata(kind: PaymentKind, item: str, customer: Customer) -> dict[str, str]:
    """Return the Stripe metadata of a purchase: its kind, item and owner, as any of its events needs them."""
    return {
        PURCHASE: kind.value,
        "item": item,
        "owner_type": customer.owner_type.value,
        "owner_id": customer.owner_id,
    }


def _sync(unit: UnitOfWork, intent: StripePaymentIntent, event: EventContext | None) -> None:
    view = intent if intent.is_final else parse_payment_intent(stripe_payments.retrieve_payment_intent(intent.id))
    if not view.is_purchase:
        raise NotOurs("not a purchase through our checkout")
    kind, item = PaymentKind(view.metadata[PURCHASE]), view.metadata["item"]
    buyer = owner_key(view.metadata["owner_type"], view.metadata["owner_id"])
    rows = IdentityMap()
    rows.read([buyer, *payment_unique_keys(None, view.id, view.charge_id), gift_key(item)])
    customer = rows.customer(buyer)
    if customer is None:
        raise NotOurs("its buyer is not registered")
    entry_source = source_key("purchase", view.id)
    payment_key = rows.payment_key(None, view.id, view.charge_id)
    rows.read([payment_key, head_key(ledger_of(customer)), *entry_unique_keys([entry_source])])
    earlier = rows.payment(None, view.id, view.charge_id)
    before = earlier or payments.new(customer, view.created_at)
    row = copy_row(before, intent_columns(view, before, kind, event, clock.now()))
    row.addon_ids = [addon_rows.addon_id_of(view.id)] if kind is PaymentKind.ADDON else None
    row.item = item
    if row.status is PaymentStatus.COMPLETED:
        if kind is PaymentKind.CREDITS:
            row.credits = before.credits or sold_credits.credits_sold(view.metadata)
        _give(unit, rows, row, customer, entry_source)
    elif kind is PaymentKind.GIFT and intent.is_canceled:
        gifts.void(unit, rows.gift(item))
    stage_payment(unit, row, earlier)


def _give(unit: UnitOfWork, rows: IdentityMap, row: PaymentTransaction, customer: Customer, source_key: str) -> None:
    if row.kind is PaymentKind.CREDITS:
        row.relationship_id = row.relationship_id or ledger_of(customer)
        rows.read([head_key(row.relationship_id)])
        head = rows.head(row.relationship_id)
        ledger = ledger_rows.opened(head)
        if not rows.is_entered(source_key):
            owner_id, item = customer.owner_id, str(row.item)
            ledger.credit(EntryType.PURCHASE, row.credits, source_key, item, None, row.id, row.id, owner_id=owner_id)
        credits.close(unit, head, ledger)
    elif row.kind is PaymentKind.ADDON:
        addons.sold(unit, customer.owner_id, str(row.item), row)
    elif row.kind is PaymentKind.GIFT:
        gifts.pay(unit, rows.gift(str(row.item)), row)
