"""Stripe's API around a running subscription: another price, its end, the customer's portal.

Errors as in `integrations.stripe`. Parameters: docs.stripe.com/api/subscriptions/update, …/subscriptions/cancel,
…/invoices/create_preview, …/customer_portal/sessions/create.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.integrations.stripe import Json, call

ProrationBehavior = Literal["always_invoice", "create_prorations", "none"]


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Another price for one item of a subscription.

    `always_invoice` bills the difference at once, `create_prorations` with the next invoice, `none` never.
    `proration_date` (epoch seconds, within the present period) is the moment that counts; None: when Stripe acts.
    """

    subscription_id: str
    item_id: str
    price_id: str
    quantity: int
    behavior: ProrationBehavior
    proration_date: int | None

    @property
    def params(self) -> dict[str, Any]:
        """What an update and its preview have in common. A date without proration is refused."""
        item = {"id": self.item_id, "price": self.price_id, "quantity": self.quantity}
        dated = self.proration_date is not None and self.behavior != "none"
        return {"items": [item], "proration_behavior": self.behavior} | (
            {"proration_date": self.proration_date} if dated else {}
        )


def preview_change(change: PriceChange) -> Json:
    """The invoice that the change would make at once or, without one, the next: after discounts, taxes and balance."""
    params: Any = {"subscription": change.subscription_id, "subscription_details": change.params}
    return call(lambda client: client.v1.invoices.create_preview(params))


def change_price(change: PriceChange, metadata: Mapping[str, str], idempotency_key: str) -> Json:
    """The subscription with the other price. What is due at once is paid, or nothing changes (PaymentDeclined)."""
    params: Any = change.params | {"payment_behavior": "error_if_incomplete", "metadata": dict(metadata)}
    return _update(change.subscription_id, params, idempotency_key)


def cancel_at_period_end(subscription_id: str, idempotency_key: str) -> Json:
    """The subscription, which now ends with the period that is paid for."""
    return _update(subscription_id, {"cancel_at_period_end": True}, idempotency_key)


def cancel_now(subscription_id: str) -> Json:
    """The subscription, which has ended. Nothing is paid back. Raises ObjectMissing where it had ended before."""
    return call(lambda client: client.v1.subscriptions.cancel(subscription_id))


def resume(subscription_id: str, was_dated: bool, idempotency_key: str) -> Json:
    """The subscription, which no longer ends. `was_dated`: its end was set as a date, as the portal may do."""
    return _update(
        subscription_id, {"cancel_at": ""} if was_dated else {"cancel_at_period_end": False}, idempotency_key
    )


def delete_item(item_id: str) -> None:
    """Take an item out of a subscription; what is left of its period is credited to the next invoice.

    Without a key, which is for POST only (docs.stripe.com/api/idempotent_requests).
    """
    params: Any = {"proration_behavior": "create_prorations"}
    call(lambda client: client.v1.subscription_items.delete(item_id, params))


def create_portal_session(customer_id: str, return_url: str, idempotency_key: str) -> Json:
    """A page of Stripe's where the customer sees to invoices and means of payment, and from which they come back."""
    params: Any = {"customer": customer_id, "return_url": return_url}
    return call(lambda client: client.v1.billing_portal.sessions.create(params, {"idempotency_key": idempotency_key}))


def _update(subscription_id: str, params: Any, idempotency_key: str) -> Json:
    return call(
        lambda client: client.v1.subscriptions.update(subscription_id, params, {"idempotency_key": idempotency_key})
    )
