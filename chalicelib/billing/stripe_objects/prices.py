"""Parse Stripe prices (docs.stripe.com/api/prices)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.integrations.stripe.fields import StripeObject, id_of


@dataclass(frozen=True, slots=True)
class StripePrice:
    """A price of a product, in minor units."""

    id: str
    product_id: str | None
    unit_amount: int | None
    currency: str


def parse_price(stripe_object: StripeObject) -> StripePrice:
    """Parse a price. Raises KeyError if a required field is missing."""
    return StripePrice(
        id=str(stripe_object["id"]),
        product_id=id_of(stripe_object["product"]),
        unit_amount=stripe_object["unit_amount"],
        currency=stripe_object["currency"],
    )
