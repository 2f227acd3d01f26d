"""Completes paid checkout sessions: creates the objects and emits their events in Stripe's usual order."""

from copy import deepcopy

from infra.sandbox.server import Json
from infra.sandbox.stripe import customers, discounts, invoices, payments, subscriptions
from infra.sandbox.stripe.checkout import details_id
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.store import Store

DEFAULT_EMAIL = "buyer@example.com"


def complete(store: Store, session_id: str, email: str | None = None) -> Json:
    """Complete a session as paid and return it. Raises `ApiError` if it is not open or has expired."""
    session = store.get("checkout.session", session_id)
    if session["status"] != "open" or store.now >= session["expires_at"]:
        raise ApiError("This Checkout Session is no longer open.")
    details = store.get("sandbox.checkout_details", details_id(session_id))
    customer = _customer(store, session, email)
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "url": None,
        "customer": customer["id"] if customer else None,
        "customer_details": {
            "address": None,
            "email": customer["email"] if customer else email or session["customer_email"] or DEFAULT_EMAIL,
            "name": customer["name"] if customer else None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    if session["mode"] == "payment":
        _sell_once(store, session, details)
    elif customer is not None:
        _subscribe(store, session, details, customer)
    return session


def _customer(store: Store, session: Json, email: str | None) -> Json | None:
    if session["customer"]:
        return customers.usable(store, session["customer"])
    if session["mode"] == "payment" and session["customer_creation"] != "always":
        return None  # a guest
    return customers.create(store, {"email": email or session["customer_email"] or DEFAULT_EMAIL})


def _sell_once(store: Store, session: Json, details: Json) -> None:
    extra = details["payment_intent_data"]
    intent, charge = payments.pay(
        store,
        session["amount_total"],
        session["currency"],
        session["customer"],
        extra.get("metadata") or {},
        extra.get("description") or ", ".join(line["description"] for line in details["items"]),
    )
    session["payment_intent"] = intent["id"]
    store.emit("checkout.session.completed", session)
    store.emit("payment_intent.succeeded", intent)
    store.emit("charge.succeeded", charge)


def _subscribe(store: Store, session: Json, details: Json, customer: Json) -> None:
    recurring = [line for line in details["items"] if line["price"]["recurring"]]
    once = [line for line in details["items"] if not line["price"]["recurring"]]
    subscription = subscriptions.begin(store, customer["id"], recurring, details["subscription_data"])
    if session["discounts"]:
        discounts.set_discounts(store, subscription, subscription, session["discounts"])
    invoice = invoices.bill(store, customer, subscription, once)
    discounts.remove_used(store, subscription)
    due = invoice["amount_due"]
    paid = payments.pay(store, due, session["currency"], customer["id"], {}, "Subscription creation") if due else None
    if paid:
        invoices.put_payment(store, invoice["id"], paid[0])
    session |= {
        "amount_subtotal": invoice["subtotal"],
        "amount_total": due,
        "invoice": invoice["id"],
        "payment_status": "paid" if due else "no_payment_required",
        "subscription": subscription["id"],
    }
    store.emit("checkout.session.completed", session)
    store.emit("customer.subscription.created", subscription)
    store.emit("invoice.finalized", _as_finalized(invoice))
    store.emit("invoice.paid", invoice)
    store.emit("invoice.payment_succeeded", invoice)
    if paid:
        store.emit("payment_intent.succeeded", paid[0])
        store.emit("charge.succeeded", paid[1])


def _as_finalized(invoice: Json) -> Json:
    """Return a copy of the paid invoice as it was when finalized: open and unpaid."""
    earlier = deepcopy(invoice)
    earlier |= {"status": "open", "amount_paid": 0, "amount_remaining": invoice["amount_due"], "attempted": False}
    earlier["status_transitions"]["paid_at"] = None
    return earlier
