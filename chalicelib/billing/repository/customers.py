"""Owners, found by owner id or by Stripe customer id."""

from __future__ import annotations

from typing import TypedDict

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import CustomerNotFound
from chalicelib.billing.models import Customer
from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import Conflict, WriteConflict
from chalicelib.kit.tables import Transaction


class CustomerDetails(TypedDict, total=False):
    """What may be known of an owner. `relationship_id` names the ledger of a member's credits."""

    name: str | None
    relationship_id: str | None
    timezone: str


def register(owner_type: OwnerType, owner_id: str, email: str, details: CustomerDetails) -> Customer:
    """Write the owner's current data; keep the Stripe customer id."""
    now, row = clock.now(), Customer(owner_type, owner_id)
    name, relationship_id = details.get("name"), details.get("relationship_id")
    row.update(
        actions=[
            Customer.email.set(email),
            Customer.name.set(name) if name else Customer.name.remove(),
            Customer.relationship_id.set(relationship_id) if relationship_id else Customer.relationship_id.remove(),
            Customer.timezone.set(details.get("timezone", "UTC")),
            Customer.created_at.set(Customer.created_at | now),
            Customer.updated_at.set(now),
        ]
    )
    return row


def get(owner_type: OwnerType, owner_id: str) -> Customer:
    """Return the owner, read consistently. Raises CustomerNotFound if the owner is not registered."""
    try:
        return Customer.get(owner_type, owner_id, consistent_read=True)
    except Customer.DoesNotExist as error:
        raise CustomerNotFound from error


def find_by_stripe_id(stripe_customer_id: str) -> Customer | None:
    """Return the owner with this Stripe customer id, or None."""
    owner = unique_values.owner_of(customer_value_key(stripe_customer_id))
    if owner is None:
        return None
    owner_type, _, owner_id = owner.partition("/")
    try:
        return get(OwnerType(owner_type), owner_id)
    except CustomerNotFound:
        return None


def link(customer: Customer, stripe_customer_id: str) -> None:
    """Store the owner's Stripe customer id, which is unique.

    Raises Conflict if the owner has another Stripe customer, or the id belongs to another owner.
    """
    taken = Conflict("This account has another Stripe customer, or the Stripe customer belongs to another account.")
    with Transaction() as transaction:
        owner = f"{customer.owner_type}/{customer.owner_id}"
        unique_values.claim(transaction, customer_value_key(stripe_customer_id), owner, otherwise=taken)
        transaction.update(
            customer,
            actions=[
                Customer.stripe_customer_id.set(stripe_customer_id),
                Customer.stripe_deleted_at.remove(),
                Customer.updated_at.set(clock.now()),
            ],
            condition=Customer.stripe_customer_id.does_not_exist()
            | Customer.stripe_deleted_at.exists()
            | (Customer.stripe_customer_id == stripe_customer_id),
            otherwise=taken,
        )
    customer.stripe_customer_id, customer.stripe_deleted_at = stripe_customer_id, None


def unlink(customer: Customer, stripe_customer_id: str) -> None:
    """Record that Stripe deleted the owner's customer, and release its id so that lookups find no owner.

    Raises Conflict if the owner has another Stripe customer id.
    """
    now = clock.now()
    with Transaction() as transaction:
        unique_values.release(
            transaction, customer_value_key(stripe_customer_id), f"{customer.owner_type}/{customer.owner_id}"
        )
        transaction.update(
            customer,
            actions=[Customer.stripe_deleted_at.set(now), Customer.updated_at.set(now)],
            condition=Customer.stripe_customer_id == stripe_customer_id,
        )


def take_plan_source(transaction: Transaction, customer: Customer, source: str) -> None:
    """Stage `source` as the source of the owner's plan.

    The transaction fails with WriteConflict if the stored source is no longer the one in `customer`.
    """
    before = Customer.plan_source
    same = before == customer.plan_source if customer.plan_source else before.does_not_exist()
    transaction.update(
        customer, [before.set(source)], condition=Customer.created_at.exists() & same, otherwise=WriteConflict()
    )


def require_registration(transaction: Transaction, customer: Customer) -> None:
    """Require in the transaction that the owner is still registered with the ledger that was read; else it raises WriteConflict."""
    ledger, relationship_id = Customer.relationship_id, customer.relationship_id
    same = ledger == relationship_id if relationship_id else ledger.does_not_exist()
    key = customer.owner_type, customer.owner_id
    transaction.check(Customer, key, Customer.created_at.exists() & same, otherwise=WriteConflict())


def customer_value_key(stripe_customer_id: str) -> str:
    """Return the key of the unique value of a Stripe customer id."""
    return unique_values.value_key("billing", "customers", "stripe_customer_id", stripe_customer_id)
