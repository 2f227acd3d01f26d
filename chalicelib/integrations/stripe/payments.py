"""Payment intents, refunds and disputes (docs.stripe.com/api/payment_intents, …/refunds, …/disputes)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.stripe.client import Json, call, list_all

if TYPE_CHECKING:
    from stripe import StripeClient, StripeObject


def retrieve_payment_intent(intent_id: str) -> Json:
    """Retrieve a payment intent's current state."""
    return call(lambda client: client.v1.payment_intents.retrieve(intent_id))


def list_refunds(intent_id: str | None, charge_id: str | None) -> list[Json]:
    """List all refunds of a payment, by its payment intent or, without one, by its charge."""
    of = {"payment_intent": intent_id} if intent_id else {"charge": charge_id}

    def page(client: StripeClient, params: Any) -> StripeObject:
        filters: Any = {**of, **params}
        return client.v1.refunds.list(filters)

    return list_all(page)


def create_refund(
    intent_id: str | None, charge_id: str | None, amount: int, metadata: Mapping[str, str], idempotency_key: str
) -> Json:
    """Refund `amount` minor units of a payment. Raises StripeRefused if Stripe rejects the refund."""
    of = {"payment_intent": intent_id} if intent_id else {"charge": charge_id}
    params: Any = {**of, "amount": amount, "reason": "requested_by_customer", "metadata": dict(metadata)}
    return call(lambda client: client.v1.refunds.create(params, {"idempotency_key": idempotency_key}))


def list_disputes(intent_id: str | None, charge_id: str | None) -> list[Json]:
    """List all disputes of a payment, by its payment intent or, without one, by its charge."""
    of = {"payment_intent": intent_id} if intent_id else {"charge": charge_id}

    def page(client: StripeClient, params: Any) -> StripeObject:
        filters: Any = {**of, **params}
        return client.v1.disputes.list(filters)

    return list_all(page)
