"""Customers (docs.stripe.com/api/customers)."""

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
