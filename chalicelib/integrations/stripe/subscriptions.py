"""Subscriptions: price changes, cancellation and resumption (docs.stripe.com/api/subscriptions/update, …/cancel)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.integrations.stripe.client import Json, call, list_all

if TYPE_CHECKING:
    from stripe import StripeClient, StripeObject

ProrationBehavior = Literal["always_invoice", "create_prorations", "none"]


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A change of the price of one subscription item.

    `always_invoice` bills the difference at once, `create_prorations` with the next invoice, `none` never.
    `proration_date` (epoch seconds, within the current period) is the time from which Stripe prorates; None: when
    Stripe applies the change.
    """

    subscription_id: str
    item_id: str
    price_id: str
    quantity: int
    behavior: ProrationBehavior
    proration_date: int | None

    @property
    def params(self) -> dict[str, Any]:
        """Parameters that an update and its preview share.

        Without proration there is no `proration_date`, because Stripe rejects it.
        """
        item = {"id": self.item_id, "price": self.price_id, "quantity": self.quantity}
        dated = self.proration_date is not None and self.behavior != "none"
        return {"items": [item], "proration_behavior": self.behavior} | (
            {"proration_date": self.proration_date} if dated else {}
        )


def retrieve_subscription(subscription_id: str) -> Json:
    """Retrieve a subscription's current state, with its discounts, their coupons and the products of these.

    A coupon of an item's discount would be a fifth level; Stripe expands four (docs.stripe.com/expand).
    """
    params: Any = {"expand": ["discounts.source.coupon.applies_to", "items.data.discounts"]}
    return call(lambda client: client.v1.subscriptions.retrieve(subscription_id, params))


def list_unended(customer_id: str) -> list[Json]:
    """List a customer's subscriptions that are not canceled.

    Raises StripeObjectNotFound if the customer does not exist.
    """

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.subscriptions.list({"customer": customer_id} | params)

    return list_all(page)


def list_items(subscription_id: str) -> list[Json]:
    """List a subscription's items, with their discounts and coupons."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        expand = {"subscription": subscription_id, "expand": ["data.discounts.source.coupon"]}
        return client.v1.subscription_items.list(expand | params)

    return list_all(page)


def change_price(change: PriceChange, metadata: Mapping[str, str], idempotency_key: str) -> Json:
    """Change the price and return the subscription.

    Raises PaymentDeclined if an amount due at once is not paid; the subscription then stays unchanged.
    """
    params: Any = change.params | {"payment_behavior": "error_if_incomplete", "metadata": dict(metadata)}
    return _update(change.subscription_id, params, idempotency_key)


def cancel_at_period_end(subscription_id: str, idempotency_key: str) -> Json:
    """Cancel the subscription at the end of its paid period, and return it."""
    return _update(subscription_id, {"cancel_at_period_end": True}, idempotency_key)


def cancel_now(subscription_id: str) -> Json:
    """Cancel the subscription at once, without a refund, and return it.

    Raises StripeObjectNotFound if it had already ended.
    """
    return call(lambda client: client.v1.subscriptions.cancel(subscription_id))


def resume_subscription(subscription_id: str, was_dated: bool, idempotency_key: str) -> Json:
    """Remove the planned end of the subscription, and return it.

    `was_dated`: the end was set as a date, which the customer portal may do.
    """
    return _update(
        subscription_id, {"cancel_at": ""} if was_dated else {"cancel_at_period_end": False}, idempotency_key
    )


def delete_item(item_id: str) -> None:
    """Delete an item of a subscription; the rest of its period is credited on the next invoice.

    Takes no idempotency key: keys are for POST only (docs.stripe.com/api/idempotent_requests).
    """
    params: Any = {"proration_behavior": "create_prorations"}
    call(lambda client: client.v1.subscription_items.delete(item_id, params))


def _update(subscription_id: str, params: Any, idempotency_key: str) -> Json:
    return call(
        lambda client: client.v1.subscriptions.update(subscription_id, params, {"idempotency_key": idempotency_key})
    )
