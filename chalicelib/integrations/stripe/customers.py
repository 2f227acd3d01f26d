"""Customers and their portal (docs.stripe.com/api/customers, …/customer_portal/sessions)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.integrations.stripe.client import call


def create_customer(email: str, name: str | None, metadata: Mapping[str, str], idempotency_key: str) -> str:
    """Create a customer and return its id.

    For 24 hours the same idempotency key returns the same customer.
    """
    params: Any = {"email": email, "metadata": dict(metadata)} | ({"name": name} if name else {})
    customer = call(lambda client: client.v1.customers.create(params, {"idempotency_key": idempotency_key}))
    return str(customer["id"])


def create_portal_session(customer_id: str, return_url: str, idempotency_key: str) -> str:
    """Create a customer portal session and return its URL; the portal links back to `return_url`.

    The customer manages invoices and payment methods there.
    """
    params: Any = {"customer": customer_id, "return_url": return_url}
    options: Any = {"idempotency_key": idempotency_key}
    return str(call(lambda client: client.v1.billing_portal.sessions.create(params, options))["url"])
