"""Products and prices (docs.stripe.com/api/products, …/prices)."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations.stripe.client import Json, call
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit import signing


def list_prices_by_lookup_key(keys: list[str]) -> dict[str, Json]:
    """Return the active prices with these lookup keys (at most ten), by lookup key."""
    params: Any = {"lookup_keys": keys, "active": True, "limit": 100}
    prices = call(lambda client: client.v1.prices.list(params))["data"]
    return {price["lookup_key"]: price for price in prices}


def put_product(product_id: str, name: str, description: str) -> None:
    """Create or update the product with this id; idempotent."""
    change: Any = {"name": name, "description": description, "active": True}
    product: Any = {"id": product_id, "name": name, "description": description}
    try:
        call(lambda client: client.v1.products.update(product_id, change))
    except StripeObjectNotFound:
        key = f"product-{signing.digest(json.dumps(product, sort_keys=True).encode())}"
        call(lambda client: client.v1.products.create(product, {"idempotency_key": key}))


def create_price(
    product_id: str, lookup_key: str, unit_amount: int, currency: str, interval: str | None, idempotency_key: str
) -> Json:
    """Create a price per `interval` (`month`, `year`; None: one-time).

    The lookup key moves to it from the previous price.
    """
    params: Any = {
        "product": product_id,
        "lookup_key": lookup_key,
        "transfer_lookup_key": True,
        "unit_amount": unit_amount,
        "currency": currency.lower(),
    }
    if interval:
        params["recurring"] = {"interval": interval}
    return call(lambda client: client.v1.prices.create(params, {"idempotency_key": idempotency_key}))
