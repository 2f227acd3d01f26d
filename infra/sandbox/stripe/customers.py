"""Customers (https://docs.stripe.com/api/customers)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe import subscriptions
from infra.sandbox.stripe.errors import missing_object
from infra.sandbox.stripe.store import Store, change_metadata, new_id

SETTABLE = ("email", "name", "description", "phone", "address", "preferred_locales")


def create(store: Store, params: Json) -> Json:
    customer: Json = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": store.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _set(customer, params)
    store.put(customer)
    store.emit("customer.created", customer)
    return customer


def retrieve(store: Store, _: Json, customer: str) -> Json:
    return store.get("customer", customer)


def usable(store: Store, customer: str) -> Json:
    """Return the customer of a call. Raises `ApiError` (404) if it does not exist or is deleted."""
    row = store.get("customer", customer, "customer")
    if row.get("deleted"):
        raise missing_object("customer", customer, "customer")
    return row


def update(store: Store, params: Json, customer: str) -> Json:
    row = store.get("customer", customer)
    previous = {name: row[name] for name in params if name in row and row[name] != params[name]}
    _set(row, params)
    if previous:
        store.emit("customer.updated", row, previous)
    return row


def delete(store: Store, _: Json, customer: str) -> Json:
    row = store.get("customer", customer)
    for subscription in store.all("subscription"):
        if subscription["customer"] == customer and subscription["status"] != "canceled":
            subscriptions.cancel(store, {}, subscription["id"])
    store.emit("customer.deleted", row)
    row["deleted"] = True
    return {"id": customer, "object": "customer", "deleted": True}


def _set(customer: Json, params: Json) -> None:
    customer |= {name: params[name] or None for name in SETTABLE if name in params}
    change_metadata(customer, params.get("metadata"))
