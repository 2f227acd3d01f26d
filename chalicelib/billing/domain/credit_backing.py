"""Which part of the customer's credit at Stripe is backed by money that is still here.

A plan change credits what is left of a payment, and that credit pays for later invoices. If the payment goes back after
all, Stripe's credit stays. So of the credit that an invoice could use as much counts as is left without the money that
went back: of all payments since the last cycle that was paid for by money alone. ADR 20 has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """What paid for one invoice: `amount` in money, of which `went_back` went back, and `credit_used` of `credit_held`."""

    id: str
    amount: Decimal
    went_back: Decimal
    credit_held: Decimal
    credit_used: Decimal
    opens_cycle: bool


def unbacked_credits(invoices: Iterable[InvoicePayment]) -> dict[str, Decimal]:
    """Return how much of the credit that each invoice used is not backed, by id. `invoices` are in order of time."""
    unbacked, went_back = dict[str, Decimal](), Decimal(0)
    for invoice in invoices:
        if invoice.opens_cycle and invoice.amount and not invoice.credit_used:
            went_back = Decimal(0)  # Stripe takes money only where no credit is left
        if invoice.credit_used:
            backed = max(Decimal(0), invoice.credit_held - went_back)
            unbacked[invoice.id] = invoice.credit_used - min(invoice.credit_used, backed)
        went_back += invoice.went_back
    return unbacked
