"""Owners: registered by the contexts that know them, made known to Stripe when they first buy."""

from __future__ import annotations

from typing import Literal

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Customer
from chalicelib.billing.repository import customers
from chalicelib.integrations import stripe
from chalicelib.kit import signing, tombstones


def register_customer(
    owner_type: Literal["member", "store"],
    owner_id: str,
    email: str,
    *,
    name: str | None = None,
    relationship_id: str | None = None,
    timezone: str = "UTC",
) -> None:
    """Tell billing who an owner is, in full: what is left out is taken to be gone. As often as it changes.

    `relationship_id` (members) is where their credits go; without one they go to the member's own ledger. One who was
    erased and is registered anew is heard again.
    """
    row = customers.register(OwnerType(owner_type), owner_id, email, name, relationship_id, timezone)
    if row.created_at == row.updated_at:
        tombstones.remove(f"{owner_type}:{owner_id}")


def ensure_stripe_customer(customer: Customer) -> str:
    """The owner's id at Stripe, made when first needed. The key makes two at once one, and another after the customer
    was deleted at Stripe, which would answer with the deleted one for a day. The link is written before use, so that no
    event can tell of a customer whom we do not know."""
    if customer.at_stripe is None:
        owner = {"owner_type": str(customer.owner_type), "owner_id": customer.owner_id}
        state = "/".join(map(str, (*owner.values(), customer.email, customer.name, customer.stripe_customer_id)))
        key = f"customer-{signing.digest(state.encode())}"
        customers.link(customer, stripe.create_customer(customer.email, customer.name, owner, key))
    return str(customer.at_stripe)


def ledger_of(customer: Customer) -> str:
    """Whose credits the owner shares: the couple's, or their own."""
    return customer.relationship_id or customer.owner_id
