"""Invoices (docs.stripe.com/api/invoices, …/invoices/create_preview)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.stripe.client import Json, call, iterate_all, list_all
from chalicelib.integrations.stripe.subscriptions import PriceChange

if TYPE_CHECKING:
    from stripe import StripeClient, StripeObject


def retrieve_invoice(invoice_id: str) -> Json:
    """Retrieve an invoice's current state, with its subscription, payments and payment intents."""
    params: Any = {"expand": ["payments.data.payment.payment_intent", "parent.subscription_details.subscription"]}
    return call(lambda client: client.v1.invoices.retrieve(invoice_id, params))


def iterate_invoices(subscription_id: str) -> Iterator[Json]:
    """Yield the invoices of a subscription, newest first. A caller that stops early saves the calls of later pages."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoices.list({"subscription": subscription_id} | params)

    return iterate_all(page)


def list_open_invoices(subscription_id: str) -> list[Json]:
    """List the due and unpaid invoices of a subscription, newest first."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoices.list({"subscription": subscription_id, "status": "open"} | params)

    return list_all(page)


def list_paid_invoices(subscription_id: str) -> list[Json]:
    """List all paid invoices of a subscription, newest first."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoices.list({"subscription": subscription_id, "status": "paid"} | params)

    return list_all(page)


def list_invoice_lines(invoice_id: str) -> list[Json]:
    """List all lines of an invoice; the invoice object has only ten (docs.stripe.com/api/invoice-line-item)."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoices.line_items.list(invoice_id, params)

    return list_all(page)


def list_invoice_payments(invoice_id: str) -> list[Json]:
    """List all payments of an invoice; the invoice object has at most ten (docs.stripe.com/api/invoice-payment)."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoice_payments.list({"invoice": invoice_id} | params)

    return list_all(page)


def find_invoice_of_intent(intent_id: str) -> Json | None:
    """Return the invoice that a payment intent pays, or None.

    In newer API versions neither object refers to the other.
    """
    params: Any = {
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "expand": ["data.invoice", "data.invoice.payments"],
        "limit": 1,
    }
    payments = call(lambda client: client.v1.invoice_payments.list(params))["data"]
    return dict(payments[0]["invoice"]) if payments else None


def preview_price_change(change: PriceChange) -> Json:
    """Preview the invoice of the change, or the next invoice if the change is not billed at once.

    The amounts are after discounts, taxes and the customer's balance.
    """
    params: Any = {"subscription": change.subscription_id, "subscription_details": change.params}
    return call(lambda client: client.v1.invoices.create_preview(params))
