"""Owners registered for billing."""

from __future__ import annotations

from chalicelib.billing.enums import OwnerType
from chalicelib.kit import tables
from chalicelib.kit.attributes import DateTimeAttribute, EnumAttribute, UnicodeAttribute
from chalicelib.kit.tables import Table


class Customer(Table):
    """An owner, registered by a context above billing.

    The unique value of `stripe_customer_id` names this row. `plan_source` is the last source of the owner's plan, or a
    source that may still give one; an owner has one plan at a time. `stripe_customer_id` is kept after Stripe deletes
    the customer, because stored events are found by it.
    """

    class Meta:
        table_name = tables.name("billing", "customers")

    owner_type = EnumAttribute(OwnerType, personal=False, hash_key=True)
    owner_id = UnicodeAttribute(personal=True, range_key=True)
    relationship_id = UnicodeAttribute(personal=True, null=True)
    email = UnicodeAttribute(personal=True)
    name = UnicodeAttribute(personal=True, null=True)
    timezone = UnicodeAttribute(personal=True, default="UTC")
    stripe_customer_id = UnicodeAttribute(personal=True, null=True)
    plan_source = UnicodeAttribute(personal=True, null=True)
    stripe_deleted_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)

    @property
    def at_stripe(self) -> str | None:
        """The id of the customer at Stripe; None if Stripe has none or has deleted it."""
        return None if self.stripe_deleted_at else self.stripe_customer_id
