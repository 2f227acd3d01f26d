"""Payments: columns derived from an invoice or payment intent, and the part that is still paid.

Pure functions: they read the state of a row and return the columns to change.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from chalicelib.billing.domain import money
from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.domain.monthly_grants import (
    MONTHS_PER_STEP,
    PaidMonth,
    PlanPrice,
    paid_months,
    paid_price,
    paid_upgrade,
)
from chalicelib.billing.domain.payment_parts import stored_parts
from chalicelib.billing.enums import DisputeStatus, PaymentKind, PaymentStatus
from chalicelib.billing.stripe_objects.invoices import StripeInvoice
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentIntent, StripePaymentReference

Columns = Mapping[str, Any]
"""Columns of a row with their new values."""

_RANK = {PaymentStatus.PENDING: 0, PaymentStatus.FAILED: 0, PaymentStatus.COMPLETED: 1, PaymentStatus.REFUNDED: 2}
"""The order of statuses. A payment never returns to an earlier status.

A failed payment can become pending while another attempt is processing, because the state of an unpaid payment is always
fetched.
"""


class PaymentState(Protocol):
    """The fields of a payment that the rules read."""

    @property
    def status(self) -> PaymentStatus: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def refunded_amount(self) -> Decimal: ...
    @property
    def returned_amount(self) -> Decimal | None: ...
    @property
    def lost_amount(self) -> Decimal: ...
    @property
    def dispute(self) -> DisputeStatus | None: ...
    @property
    def credit_used(self) -> Decimal | None: ...
    @property
    def credit_unbacked(self) -> Decimal | None: ...
    @property
    def replaced_credits(self) -> int | None: ...
    @property
    def stripe_payment_intent_id(self) -> str | None: ...
    @property
    def stripe_charge_id(self) -> str | None: ...
    @property
    def stripe_event_id(self) -> str | None: ...
    @property
    def failed_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class InvoiceContext:
    """What the changes by an invoice depend on, apart from the payment's row.

    `sold` are the plans by Stripe price. `subscription_id` (ours) and `ended_at` are those of the synced subscription.
    `reference` is the payment that the event names. `addon_prices` are the Stripe prices of add-ons.
    """

    sold: Mapping[str, PlanPrice]
    addon_prices: Container[str]
    subscription_id: str | None
    ended_at: datetime | None
    reference: StripePaymentReference
    event: EventContext | None
    now: datetime


@dataclass(frozen=True, slots=True)
class InvoiceChanges:
    """The changes by an invoice: columns of its payment, months to claim now, and months for the schedule.

    `later` is None if the payment opens no month of credits, or is not kept.
    """

    payment: Columns
    claims: tuple[PaidMonth, ...]
    later: tuple[datetime, ...] | None


def decide_invoice(invoice: StripeInvoice, payment: PaymentState, context: InvoiceContext) -> InvoiceChanges | None:
    """Decide what an invoice changes; None if nothing is paid with it.

    The first month of each line is claimed now, if it has begun; the schedule grants the other months.
    """
    months = [*paid_months(invoice.lines, context.sold)]
    upgrade = paid_upgrade(invoice.lines, invoice.total, context.sold)
    columns = {
        **_invoice_columns(invoice, payment, context),
        "replaced_credits": context.sold[upgrade.replaced_price_id].credits if upgrade else None,
        "months_from": min((month.begins_at for month in months), default=None),
    }
    all_months = [*months, *(upgrade.months if upgrade else ())]
    opened = [month for month in all_months if context.sold[month.price_id].credits]
    begun = [month for month in opened if month.is_first and month.begins_at <= context.now][:MONTHS_PER_STEP]
    grants = context.subscription_id is not None and bool(opened) and _stays_paid(payment, columns)
    claims = [
        PaidMonth(str(invoice.subscription_id), month.begins_at, plan.credits, plan.plan_name)
        for month, plan in ((month, context.sold[month.price_id]) for month in begun)
        if context.ended_at is None or month.begins_at < context.ended_at
    ]
    changes = InvoiceChanges(
        columns,
        tuple(claims) if grants else (),
        tuple(month.begins_at for month in opened if month not in begun) if grants else None,
    )
    return changes if invoice.amount or (all_months and invoice.status is PaymentStatus.COMPLETED) else None


def intent_columns(
    intent: StripePaymentIntent, payment: PaymentState, kind: PaymentKind, event: EventContext | None, now: datetime
) -> Columns:
    """Return the columns of a one-time payment that its payment intent changes."""
    paid_at = intent.created_at if intent.status is PaymentStatus.COMPLETED else None
    addons_amount = intent.amount if kind is PaymentKind.ADDON else Decimal(0)
    return {
        "kind": kind,
        "payment_provider_id": intent.id,
        "stripe_payment_intent_id": intent.id,
        "stripe_charge_id": intent.charge_id or payment.stripe_charge_id,
        **_advanced(payment, _Outcome.of(intent, paid_at, Decimal(0), addons_amount), event, now),
    }


def is_paid(payment: PaymentState) -> bool:
    """Return whether the payment was received, even if it was refunded later."""
    return payment.status in (PaymentStatus.COMPLETED, PaymentStatus.REFUNDED)


def is_gone(payment: PaymentState) -> bool:
    """Return whether the whole amount was returned, by refunds, lost disputes or both."""
    return payment.status is PaymentStatus.REFUNDED or lost_amount(payment) >= payment.amount > 0


def is_kept(payment: PaymentState) -> bool:
    """Return whether the payment was received and not returned in full."""
    return payment.status is PaymentStatus.COMPLETED and not is_gone(payment)


def is_backed(payment: PaymentState) -> bool:
    """Return whether money that was not returned, or a discount, pays for what the payment opened."""
    used, unbacked = payment.credit_used, payment.credit_unbacked or Decimal(0)
    return is_kept(payment) and (payment.amount > 0 or not used or unbacked < used)


def kept_credits(payment: PaymentState, size: int) -> int:
    """Return how many of a plan's `size` credits are still paid for: by money and by credit that money backs.

    For a change to a larger plan, credit pays for the credits of the smaller plan, and money for the difference.
    """
    credit, unbacked = payment.credit_used or Decimal(0), payment.credit_unbacked or Decimal(0)
    replaced = min(size, payment.replaced_credits or 0) if payment.amount else 0
    if replaced:
        of_credit = kept_share(replaced, credit, unbacked)
        return of_credit + kept_share(size - replaced, payment.amount, payment.refunded_amount)
    backed = kept_share(size, payment.amount + credit, unbacked)
    return kept_share(backed, payment.amount, payment.refunded_amount)


def lost_amount(payment: PaymentState) -> Decimal:
    """Return the amount of lost disputes.

    An earlier release stored only that a dispute was lost; this counts as the whole amount.
    """
    return _lost_of(payment, payment.amount)


def returned_amount(payment: PaymentState) -> Decimal:
    """Return the amount of completed refunds. An earlier release stored it only in `refunded_amount`."""
    return payment.refunded_amount if payment.returned_amount is None else payment.returned_amount


def refundable(paid: Decimal, refunded_amount: Decimal, pending: Decimal = Decimal(0)) -> Decimal:
    """Return the amount of a payment that can still be refunded; `pending` is the sum of open requests."""
    return max(Decimal(0), paid - refunded_amount - pending)


def refunded(paid: Decimal, parts: Iterable[Decimal]) -> Decimal:
    """Sum the returned amounts (completed refunds and lost disputes), at most the paid amount."""
    return min(paid, sum(parts, Decimal(0)))


def lost(paid: Decimal, currency: str, disputed: Iterable[tuple[Decimal, str]]) -> Decimal:
    """Sum the (amount, currency) pairs of lost disputes, at most the paid amount.

    A lost dispute in another currency counts as the whole payment.
    """
    return refunded(paid, (amount if other == currency else paid for amount, other in disputed))


def dispute_status(paid: Decimal, lost_sum: Decimal, statuses: Iterable[DisputeStatus | None]) -> DisputeStatus | None:
    """Combine the statuses of a payment's disputes.

    An open dispute takes precedence, except if the whole payment is already lost.
    """
    known = set(statuses)
    if DisputeStatus.OPEN in known and not lost_sum >= paid > 0:
        return DisputeStatus.OPEN
    return next((status for status in (DisputeStatus.LOST, DisputeStatus.WON) if status in known), None)


def credits_due(bought: int, paid: Decimal, back: Decimal) -> int:
    """Return the number of credits to reverse when `back` of the `paid` amount is returned.

    The number is proportional to the amount, rounded half up; `bought` is the payment's number of credits.
    """
    share = Decimal(bought) * back / paid if paid else Decimal(0)
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def kept_share(size: int, paid: Decimal, back: Decimal) -> int:
    """Return how many of a plan's `size` credits stay paid when `back` of the `paid` amount has gone back."""
    return size - credits_due(size, paid, back)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What Stripe reports of a payment."""

    status: PaymentStatus
    amount: Decimal
    currency: str
    failure_reason: str | None
    paid_at: datetime | None
    tax: Decimal
    addons_amount: Decimal

    @classmethod
    def of(
        cls,
        stripe_object: StripeInvoice | StripePaymentIntent,
        paid_at: datetime | None,
        tax: Decimal,
        addons_amount: Decimal,
    ) -> _Outcome:
        return cls(
            stripe_object.status,
            stripe_object.amount,
            stripe_object.currency,
            stripe_object.failure_reason,
            paid_at,
            tax,
            addons_amount,
        )


def _invoice_columns(invoice: StripeInvoice, payment: PaymentState, context: InvoiceContext) -> Columns:
    """Return the columns of the payment that its invoice changes."""
    is_completed = invoice.status is PaymentStatus.COMPLETED
    price = paid_price(invoice.lines, context.sold)
    tax = _part(invoice.amount, invoice.tax, invoice.total, invoice.currency)
    outcome = _Outcome.of(invoice, invoice.paid_at, tax, _addons_amount(invoice, context.addon_prices))
    return {
        "kind": PaymentKind.SUBSCRIPTION if context.subscription_id else PaymentKind.ADDON,
        "subscription_id": context.subscription_id,
        "payment_provider_id": invoice.id,
        "stripe_invoice_id": invoice.id,
        "period_end": invoice.period_end,
        "description": invoice.description,
        "invoice_url": invoice.invoice_url,
        **_stripe_ids(invoice, payment, context.reference),
        **({"parts": stored_parts(invoice.parts)} if invoice.parts is not None else {}),
        **_advanced(payment, outcome, context.event, context.now),
        **({"credit_held": invoice.credit_held, "credit_used": invoice.credit_used} if is_completed else {}),
        **({"plan_name": context.sold[price[0]].plan_name, "plan_from": price[1]} if price else {}),
    }


def _stripe_ids(invoice: StripeInvoice, payment: PaymentState, reference: StripePaymentReference) -> Columns:
    """Return the ids of the payment intent and charge.

    Once paid, those that paid replace those of failed attempts, whose unique values still refer to the row.
    """
    is_first_success = invoice.status is PaymentStatus.COMPLETED and not is_paid(payment)
    intent_id = None if is_first_success else payment.stripe_payment_intent_id
    charge_id = None if is_first_success else payment.stripe_charge_id
    return {
        "stripe_payment_intent_id": intent_id or invoice.payment_intent_id or reference.intent_id,
        "stripe_charge_id": charge_id or invoice.charge_id or reference.charge_id,
    }


def _addons_amount(invoice: StripeInvoice, addon_prices: Container[str]) -> Decimal:
    """Return the part of an invoice's amount that pays for add-ons, with its share of the taxes."""
    lines = sum((line.net_amount for line in invoice.lines), Decimal(0))
    addons = sum((line.net_amount for line in invoice.lines if line.price_id in addon_prices), Decimal(0))
    return _part(invoice.amount, addons, lines, invoice.currency)


def _part(paid: Decimal, part: Decimal, whole: Decimal, currency: str) -> Decimal:
    """Return the share `part`/`whole` (0 to 1) of the paid amount: credit pays the same share of each part."""
    is_part = whole > 0 and part > 0
    return min(paid, money.rounded(paid * part / whole, currency)) if is_part else Decimal(0)


def _advanced(payment: PaymentState, outcome: _Outcome, event: EventContext | None, now: datetime) -> Columns:
    """Return the columns of a newer status; none if the payment would return to an earlier status."""
    event_id, failed_at = event.event_id if event else None, event.at if event else now
    has_failed = outcome.status is PaymentStatus.FAILED
    is_completed = outcome.status is PaymentStatus.COMPLETED
    columns = {
        "status": outcome.status,
        "amount": outcome.amount,
        "currency": outcome.currency,
        "tax": outcome.tax,
        "addons_amount": outcome.addons_amount,
        "failure_reason": outcome.failure_reason,
        "processed_at": outcome.paid_at,
        **({"failed_at": min(failed_at, payment.failed_at or failed_at)} if has_failed else {}),
        **({"stripe_event_id": payment.stripe_event_id or event_id} if is_completed else {}),
        **({"day": f"{now:%Y-%m-%d}"} if is_completed and payment.status is not PaymentStatus.COMPLETED else {}),
    }
    return columns if _RANK[outcome.status] >= _RANK[payment.status] else {}


def _stays_paid(payment: PaymentState, columns: Columns) -> bool:
    """Return whether the payment is kept (`is_kept`) once the columns are changed."""
    status, amount = columns.get("status", payment.status), columns.get("amount", payment.amount)
    return status is PaymentStatus.COMPLETED and not _lost_of(payment, amount) >= amount > 0


def _lost_of(payment: PaymentState, amount: Decimal) -> Decimal:
    return amount if payment.dispute is DisputeStatus.LOST and not payment.lost_amount else payment.lost_amount
