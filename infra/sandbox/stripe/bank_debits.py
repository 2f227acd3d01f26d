"""Bank debits of invoices: a payment is processing for days before it succeeds or fails.

Sources: https://docs.stripe.com/payments/bank-debits, …/billing/subscriptions/overview#payment-status.
"""

from infra.sandbox.server import Json
from infra.sandbox.stripe import invoices, payments
from infra.sandbox.stripe.store import Store


def begin(store: Store, invoice: str) -> Json:
    """Start the bank debit of an open invoice, and return its payment intent, which is processing."""
    row = store.get("invoice", invoice)
    intent, charge = payments.pay(store, row["amount_due"], row["currency"], row["customer"], {}, "Bank debit")
    charge |= {"status": "pending", "paid": False}
    intent |= {"status": "processing", "amount_received": 0, "payment_method_types": ["us_bank_account"]}
    row |= {"attempted": True, "attempt_count": row["attempt_count"] + 1}
    invoices.put_payment(store, invoice, intent, status="open")
    store.emit("payment_intent.processing", intent)
    return intent


def fail(store: Store, invoice: str, intent: Json) -> None:
    """Fail a processing debit: the bank returned it, and the subscription is past due."""
    row = store.get("invoice", invoice)
    error = {"code": "payment_intent_payment_attempt_failed", "decline_code": "insufficient_funds", "type": "api_error"}
    intent |= {"status": "requires_payment_method", "last_payment_error": error}
    subscription = _subscription(store, row)
    subscription["status"] = "past_due"
    store.emit("payment_intent.payment_failed", intent)
    store.emit("invoice.payment_failed", row)
    store.emit("customer.subscription.updated", subscription)


def succeed(store: Store, invoice: str, intent: Json) -> None:
    """Complete a processing debit: the invoice is paid, and the subscription active."""
    row = store.get("invoice", invoice)
    payments.charge_again(store, intent)
    invoices.mark_paid(store, row, intent["id"])
    subscription = _subscription(store, row)
    subscription["status"] = "active"
    store.emit("customer.subscription.updated", subscription)
    store.emit("invoice.paid", row)
    store.emit("payment_intent.succeeded", intent)


def _subscription(store: Store, invoice: Json) -> Json:
    return store.get("subscription", invoice["parent"]["subscription_details"]["subscription"])
