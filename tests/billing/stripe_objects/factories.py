"""Stripe objects in both shapes with equal values, with the fields of docs.stripe.com/api."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

START, END = 1_796_000_000, 1_798_592_000


def price(price_id: str = "price_1", amount: int = 3000, currency: str = "usd", interval: str = "month") -> Json:
    return {
        "id": price_id,
        "object": "price",
        "currency": currency,
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
        "recurring": {"interval": interval, "interval_count": 1},
    }


def subscription(new: bool = True, items: list[Json] | None = None, **facts: Any) -> Json:
    """Periods are on the items since 2025-03-31, before that on the subscription."""
    period = {"current_period_start": START, "current_period_end": END}
    prices = [price()] if items is None else items
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        "created": START,
        "start_date": START,
        "trial_end": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [
                {"id": f"si_{number}", "price": item, "quantity": 1} | (period if new else {})
                for number, item in enumerate(prices, 1)
            ],
        },
        **({} if new else period),
        **facts,
    }


def line(new: bool = True, amount: int = 3000, proration: bool = False, of_subscription: bool = True) -> Json:
    common = {"id": "il_1", "object": "line_item", "amount": amount, "period": {"start": START, "end": END}}
    if not new:
        kind = "subscription" if of_subscription else "invoiceitem"
        return common | {"type": kind, "price": price(), "proration": proration, "subscription": "sub_1"}
    kind = "subscription_item_details" if of_subscription else "invoice_item_details"
    return common | {
        "parent": {"type": kind, kind: {"proration": proration, "subscription": "sub_1"}},
        "pricing": {"type": "price_details", "price_details": {"price": "price_1", "product": "prod_1"}},
    }


def invoice(new: bool = True, lines: list[Json] | None = None, intent: Any = "pi_1", **facts: Any) -> Json:
    """The newer shape has `payments`, because our calls expand them; webhooks omit them."""
    paid = facts.get("status", "paid") == "paid"
    body = {
        "id": "in_1",
        "object": "invoice",
        "customer": "cus_1",
        "status": "paid",
        "attempted": True,
        "amount_due": 3000,
        "amount_paid": 3000 if paid else 0,
        "currency": "usd",
        "created": START,
        "number": "A-0001",
        "hosted_invoice_url": "https://invoice.stripe.com/i/1",
        "status_transitions": {"finalized_at": START + 60, "paid_at": START + 90 if paid else None},
        "lines": {"object": "list", "data": [line(new)] if lines is None else lines},
        **facts,
    }
    if not new:
        charge = {"charge": "ch_1"} if paid else {"charge": None}
        return {"subscription": "sub_1", "payment_intent": intent, **charge, **body}
    payment = {
        "id": "inpay_1",
        "created": START,
        "status": "paid" if paid else "open",
        "payment": {"type": "payment_intent", "payment_intent": intent},
    }
    return {
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}},
        "payments": {"object": "list", "data": [payment] if intent else []},
        **body,
    }
