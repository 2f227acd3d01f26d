"""The part of a customer's credit balance at Stripe that is backed by money that was not returned.

A plan change credits the unused part of a payment, and that credit pays for later invoices. If the payment is then
refunded or lost in a dispute, the credit stays at Stripe. So the money returned since the last billing cycle that was paid
with money alone is subtracted from the credit that an invoice could use. ADR 20 has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """The payment of one invoice: `amount` in money, `returned` the part that was returned, and `credit_used` of `credit_held`."""

    id: str
    amount: Decimal
    returned: Decimal
    credit_held: Decimal
    credit_used: Decimal
    opens_cycle: bool


def unbacked_credits(invoices: Iterable[InvoicePayment]) -> dict[str, Decimal]:
    """Return the unbacked part of the credit that each invoice used, by id. `invoices` are in order of time."""
    unbacked, returned = dict[str, Decimal](), Decimal(0)
    for invoice in invoices:
        if invoice.opens_cycle and invoice.amount and not invoice.credit_used:
            returned = Decimal(0)  # Stripe charges money only after the credit is used up
        if invoice.credit_used:
            backed = max(Decimal(0), invoice.credit_held - returned)
            unbacked[invoice.id] = invoice.credit_used - min(invoice.credit_used, backed)
        returned += invoice.returned
    return unbacked
