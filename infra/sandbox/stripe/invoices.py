"""Invoices and invoice payments (https://docs.stripe.com/api/invoices, …/invoice-payment)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe.amounts import amounts_of
from infra.sandbox.stripe.store import Store, list_of, new_id, whole_list


def bill(store: Store, customer: Json, subscription: Json, once: list[Json]) -> Json:
    """Store the first, paid invoice of a subscription, including the checkout's one-time lines. Emits no event."""
    id_, currency = new_id("in"), subscription["currency"]
    lines = [_subscription_line(store, id_, subscription, item) for item in subscription["items"]["data"]]
    lines += [_once_line(store, id_, line) for line in once]
    amounts = amounts_of(store, subscription, lines)
    invoice = blank(store, id_, customer, amounts["total"], currency) | {
        **amounts,
        "lines": lines_of(id_, lines),
        "parent": parent_of(subscription),
    }
    subscription["latest_invoice"] = id_
    return store.put(invoice)


def lines_of(invoice: str, lines: list[Json]) -> Json:
    """Build the `lines` of an invoice."""
    return whole_list(lines, f"/v1/invoices/{invoice}/lines")


def parent_of(subscription: Json) -> Json:
    """Build the `parent` of a subscription's invoice."""
    return {
        "quote_details": None,
        "subscription_details": {"metadata": subscription["metadata"], "subscription": subscription["id"]},
        "type": "subscription_details",
    }


def item_parent(subscription: Json, item: str, invoice_item: str | None) -> Json:
    """Build the `parent` of a line for a subscription item; with an `invoice_item` the line is a proration."""
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": invoice_item,
            "proration": invoice_item is not None,
            "proration_details": {"credited_items": None},
            "subscription": subscription["id"],
            "subscription_item": item,
        },
        "type": "subscription_item_details",
    }


def retrieve(store: Store, _: Json, invoice: str) -> Json:
    return store.get("invoice", invoice)


def list_all(store: Store, params: Json) -> Json:
    rows = [
        row
        for row in store.filtered("invoice", params, "customer", "status")
        if params.get("subscription") in (None, row["parent"]["subscription_details"]["subscription"])
    ]
    return list_of(rows, "/v1/invoices", params)


def list_payments(store: Store, params: Json) -> Json:
    wanted = params.get("payment", {}).get("payment_intent")
    rows = [
        row
        for row in store.all("invoice_payment")
        if params.get("invoice", row["invoice"]) == row["invoice"]
        and (wanted is None or row["payment"]["payment_intent"] == wanted)
    ]
    return list_of(rows, "/v1/invoice_payments", params)


def retrieve_payment(store: Store, _: Json, payment: str) -> Json:
    return store.get("invoice_payment", payment)


def payments_of(store: Store, invoice: Json) -> Json:
    """Return `payments` for a call that expands it."""
    rows = [row for row in store.all("invoice_payment") if row["invoice"] == invoice["id"]]
    return whole_list(rows, f"/v1/invoices/{invoice['id']}/payments")


def invoice_of(store: Store, intent: str | None) -> str | None:
    """Return the id of the invoice that a payment intent belongs to, or None.

    In current API versions the payment intent does not name its invoice.
    """
    for row in store.all("invoice_payment"):
        if row["payment"]["payment_intent"] == intent:
            return str(row["invoice"])
    return None


def put_payment(store: Store, invoice: str, intent: Json, status: str = "paid") -> None:
    """Store the invoice payment of a payment intent; `status` is `paid`, or `open` if it has not succeeded."""
    paid = status == "paid"
    store.put(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": intent["amount"] if paid else None,
            "amount_requested": intent["amount"],
            "created": store.now,
            "currency": intent["currency"],
            "invoice": invoice,
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": status,
            "status_transitions": {"canceled_at": None, "paid_at": store.now if paid else None},
        }
    )


def mark_paid(store: Store, invoice: Json, intent: str) -> None:
    """Mark an invoice and its open payment as paid."""
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + 1,
        "status_transitions": invoice["status_transitions"] | {"paid_at": store.now},
    }
    for row in store.all("invoice_payment"):
        if row["invoice"] == invoice["id"] and row["payment"]["payment_intent"] == intent:
            row |= {
                "amount_paid": invoice["amount_due"],
                "status": "paid",
                "status_transitions": {"canceled_at": None, "paid_at": store.now},
            }


def list_lines(store: Store, params: Json, invoice: str) -> Json:
    rows = store.get("invoice", invoice)["lines"]["data"]
    return list_of(rows, f"/v1/invoices/{invoice}/lines", params)


def line_of(store: Store, invoice: str, price: Json, quantity: int, description: str, amount: int) -> Json:
    """Build a line without `parent`; its period starts and ends now."""
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "subtotal": amount,
        "taxes": [],
        "subscription": None,
        "period": {"end": store.now, "start": store.now},
    }


def _subscription_line(store: Store, invoice: str, subscription: Json, item: Json) -> Json:
    price, quantity = item["price"], item["quantity"]
    name = store.get("product", price["product"])["name"]
    on_trial = subscription["status"] == "trialing"
    description = f"Trial period for {name}" if on_trial else f"{quantity} × {name}"
    amount = 0 if on_trial else price["unit_amount"] * quantity
    return line_of(store, invoice, price, quantity, description, amount) | {
        "metadata": subscription["metadata"],
        "parent": item_parent(subscription, item["id"], None),
        "period": {"end": item["current_period_end"], "start": item["current_period_start"]},
        "subscription": subscription["id"],
    }


def _once_line(store: Store, invoice: str, line: Json) -> Json:
    row = line_of(store, invoice, line["price"], line["quantity"], line["description"], line["amount_total"])
    details = {
        "invoice_item": new_id("ii"),
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": None,
    }
    parent = {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"}
    return row | {"parent": parent}


def blank(store: Store, id_: str, customer: Json, total: int, currency: str) -> Json:
    """Build a paid invoice without `lines` and `parent`."""
    return {
        "id": id_,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Sandbox",
        "account_tax_ids": None,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": total,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 1 if total else 0,
        "attempted": True,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": "subscription_create",
        "collection_method": "charge_automatically",
        "created": store.now,
        "currency": currency,
        "custom_fields": None,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": store.now,
        "ending_balance": 0,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": f"{store.base_url}/i/{id_}",
        "invoice_pdf": f"{store.base_url}/i/{id_}/pdf",
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": f"{customer['invoice_prefix']}-{store.next_number():04d}",
        "on_behalf_of": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": store.now,
        "period_start": store.now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "paid",
        "status_transitions": {
            "finalized_at": store.now,
            "marked_uncollectible_at": None,
            "paid_at": store.now,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": store.now,
    }
