"""Parse Stripe customers (docs.stripe.com/api/customers), and the customer of any other object."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.billing.enums import OwnerType
from chalicelib.integrations.stripe.fields import StripeObject, id_of


@dataclass(frozen=True, slots=True)
class StripeCustomer:
    """A customer, and the owner that its metadata names; None if it was not created by us."""

    id: str
    owner: tuple[OwnerType, str] | None


def parse_customer(stripe_object: StripeObject) -> StripeCustomer:
    """Parse a customer. Raises ValueError if its metadata names an unknown type of owner."""
    metadata = stripe_object.get("metadata") or {}
    is_ours = "owner_type" in metadata and "owner_id" in metadata
    owner = (OwnerType(metadata["owner_type"]), str(metadata["owner_id"])) if is_ours else None
    return StripeCustomer(id=stripe_object["id"], owner=owner)


def customer_id_of(stripe_object: StripeObject) -> str | None:
    """Return the id of the customer that an object is or belongs to, or None."""
    is_customer = stripe_object.get("object") == "customer"
    return str(stripe_object["id"]) if is_customer else id_of(stripe_object.get("customer"))
