"""Checkout sessions (docs.stripe.com/api/checkout/sessions)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.stripe.client import Json, call, list_all

if TYPE_CHECKING:
    from stripe import StripeClient, StripeObject


def create_checkout_session(params: Mapping[str, Any], idempotency_key: str) -> Json:
    """Create a Checkout session; `params` as in docs.stripe.com/api/checkout/sessions/create."""
    given: Any = dict(params)
    return call(lambda client: client.v1.checkout.sessions.create(given, {"idempotency_key": idempotency_key}))


def retrieve_checkout_session(session_id: str) -> Json:
    """Retrieve a Checkout session's current state."""
    return call(lambda client: client.v1.checkout.sessions.retrieve(session_id))


def list_open_sessions(customer_id: str) -> list[Json]:
    """List a customer's Checkout sessions that can still be paid."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.checkout.sessions.list({"customer": customer_id, "status": "open"} | params)

    return list_all(page)


def expire_checkout_session(session_id: str) -> None:
    """Expire an unpaid Checkout session, so that its page sells nothing.

    Raises StripeRefused if the session is not open.
    """
    key = f"expire-{session_id}"
    call(lambda client: client.v1.checkout.sessions.expire(session_id, {}, {"idempotency_key": key}))
