"""Owners: registered by other contexts; their Stripe customer is created at the first purchase."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeVar, Unpack

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import Customer
from chalicelib.billing.repository import customers
from chalicelib.billing.repository.customers import CustomerDetails
from chalicelib.integrations.stripe import customers as stripe_customers
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit import logs, signing, tombstones
from chalicelib.kit.errors import Conflict

log = logs.logger("billing")

T = TypeVar("T")


def register_customer(
    owner_type: Literal["member", "store"], owner_id: str, email: str, **details: Unpack[CustomerDetails]
) -> None:
    """Create or replace an owner's registration. Omitted values are cleared. Idempotent; call it at every change.

    `relationship_id` names the ledger of a member's credits; without it, the member has their own ledger. The
    registration of an erased owner removes their tombstone, so that messages about them are processed again.
    """
    row = customers.register(OwnerType(owner_type), owner_id, email, details)
    if row.created_at == row.updated_at:
        tombstones.remove(f"{owner_type}:{owner_id}")


def call_with_customer(customer: Customer, request: Callable[[str], T]) -> T:
    """Call Stripe with the id of the owner's Stripe customer; create the customer if there is none.

    If Stripe no longer has the customer, creates a new one and calls again. `request` needs an idempotency key per
    customer, because Stripe replays its stored error for the missing one. Raises StripeObjectNotFound if another object
    is missing.
    """
    customer_id = ensure_stripe_customer(customer)
    try:
        return request(customer_id)
    except StripeObjectNotFound as error:
        if error.param != "customer":
            raise
    log.warning("Stripe customer is missing: a new one is created", extra={"owner_type": str(customer.owner_type)})
    with suppress(Conflict):  # a concurrent call has linked the new customer
        customers.unlink(customer, customer_id)
    return request(ensure_stripe_customer(customers.get(customer.owner_type, customer.owner_id)))


def ensure_stripe_customer(customer: Customer) -> str:
    """Return the id of the owner's Stripe customer; create the customer if there is none.

    The idempotency key deduplicates concurrent calls. It changes once the customer is deleted, because Stripe replays a
    stored response for 24 hours. The link is stored before the id is used, so that every event finds its owner.
    """
    if customer.at_stripe is None:
        owner = {"owner_type": str(customer.owner_type), "owner_id": customer.owner_id}
        state = "/".join(map(str, (*owner.values(), customer.email, customer.name, customer.stripe_customer_id)))
        key = f"customer-{signing.digest(state.encode())}"
        customers.link(customer, stripe_customers.create_customer(customer.email, customer.name, owner, key))
    return str(customer.at_stripe)
