"""Refunds of a payment that several payment intents paid: one row and one Stripe refund for each part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal

from chalicelib.billing.domain.payment_parts import PaymentPart, parse_parts, split_refund
from chalicelib.billing.enums import RefundStatus
from chalicelib.billing.models import PaymentTransaction, Refund
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository import refunds
from chalicelib.billing.service import payments
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.service.sync import invoices
from chalicelib.billing.service.sync.refunds_and_disputes import fetch_disputes
from chalicelib.billing.stripe_objects.invoices import parse_invoice
from chalicelib.billing.stripe_objects.refunds import StripeRefund, parse_refund
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import payments as stripe_payments
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit import clock
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def sync_parts(payment: PaymentTransaction) -> None:
    """Store which intents paid an invoice, if the row has no parts because its event had an old API version or release."""
    if payment.parts is None and payment.stripe_invoice_id:
        with suppress(NotOurs, StripeObjectNotFound):
            invoices.sync_invoice(parse_invoice(stripe_invoices.retrieve_invoice(payment.stripe_invoice_id)), None)


def part_of(row: Refund, payment: PaymentTransaction) -> PaymentPart:
    """Return the payment intent or charge that a refund returns: its part, or the only one of the payment."""
    parts = {part.id: part for part in parse_parts(payment.parts)}
    only = next(iter(parts.values())) if len(parts) == 1 else None
    named = PaymentPart(payment.stripe_payment_intent_id, payment.stripe_charge_id)
    return parts.get(row.part_id or "") or only or named


def split(row: Refund, payment: PaymentTransaction) -> list[Refund]:
    """Return the approved refunds to make at Stripe, after splitting the row over the payment's parts if it has several.

    A retry returns the rows of an interrupted attempt. The result is empty if Stripe already has the refund. Raises
    ValueError if less than the row's amount is left at Stripe.
    """
    parts = parse_parts(payment.parts)
    if len(parts) < 2:
        return [row]
    if row.part_id is None:
        made = {part.id: _refunds_at_stripe(part) for part in parts}
        if any(refund.request_id == row.id for each in made.values() for refund in each):
            return []
        try:
            shares = split_refund(row.amount, _left(row, parts, made))
        except ValueError:
            if refunds.get(row.id).part_id is None:  # else a concurrent approval has split it
                raise
        else:
            run_unit_of_work(lambda unit: _split(unit, row.id, shares))
    return _rows_to_make(row, parts)


def is_interrupted(row: Refund) -> bool:
    """Return whether the row's part of a split refund was made at Stripe, and another part is still to be made."""
    if row.part_id is None or row.stripe_refund_id is None:
        return False
    payment = payment_rows.get(row.payment_transaction_id)
    return bool(_rows_to_make(row, parse_parts(payment.parts)))


def _rows_to_make(row: Refund, parts: Iterable[PaymentPart]) -> list[Refund]:
    names = [row.id, *(refunds.part_refund_id(row.id, part.id) for part in parts)]
    rows = [each for each in map(refunds.find, names) if each is not None]
    return [each for each in rows if each.status is RefundStatus.APPROVED]


def _refunds_at_stripe(part: PaymentPart) -> list[StripeRefund]:
    return [parse_refund(each) for each in stripe_payments.list_refunds(part.intent_id, part.charge_id)]


def _left(row: Refund, parts: Iterable[PaymentPart], made: Mapping[str, Iterable[StripeRefund]]) -> dict[str, Decimal]:
    """Return the refundable amount of each part by id: less refunds, lost disputes and other approved refunds."""
    at_stripe = {row.id, *(refund.request_id for each in made.values() for refund in each)}
    approved = [
        each
        for each in refunds.list_by_payment(row.payment_transaction_id)
        if each.id not in at_stripe and each.status is RefundStatus.APPROVED and each.stripe_refund_id is None
    ]
    left = dict[str, Decimal]()
    for part in parts:
        amounts = [refund.amount for refund in made[part.id] if refund.status is not RefundStatus.FAILED]
        amounts += [dispute.amount for dispute in fetch_disputes([part]) if dispute.is_lost]
        amounts += [each.amount for each in approved if each.part_id == part.id]
        left[part.id] = max(Decimal(0), part.amount - sum(amounts, Decimal(0)))
    return left


def _split(unit: UnitOfWork, refund_id: str, shares: Mapping[str, Decimal]) -> None:
    """Set the row to the first share and add an approved row for each other share; their sum stays the same.

    Writes the payment, so that one of two concurrent splits gets a write conflict and is retried.
    """
    earlier, now = refunds.get(refund_id), clock.now()
    if earlier.part_id is not None:
        return
    (first, amount), *others = shares.items()
    row = copy_row(earlier, {"part_id": first, "amount": amount})
    refunds.stage_refund(unit.transaction, row, earlier)
    for part_id, share in others:
        values = {"id": refunds.part_refund_id(refund_id, part_id), "part_id": part_id, "amount": share}
        other = copy_row(earlier, {**values, "created_at": now})
        refunds.stage_refund(unit.transaction, other, None)
    payments.write_payment(unit, payment_rows.get(earlier.payment_transaction_id))
