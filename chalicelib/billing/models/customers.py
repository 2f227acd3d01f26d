"""Owners who can owe us."""

from __future__ import annotations

from chalicelib.billing.enums import OwnerType
from chalicelib.kit import tables
from chalicelib.kit.attributes import DateTimeAttribute, EnumAttribute, UnicodeAttribute
from chalicelib.kit.tables import Table


class Customer(Table):
    """An owner whom a context above registered. The guard on `stripe_customer_id` leads back here.

    `plan_source` is what gave them their plan last, or may yet give it: an owner has one at a time.
    The id stays when Stripe has deleted that customer: events on record are found by it.
    """

    class Meta:
        table_name = tables.name("billing", "customers")

    owner_type = EnumAttribute(OwnerType, hash_key=True)
    owner_id = UnicodeAttribute(range_key=True)
    relationship_id = UnicodeAttribute(null=True)
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    timezone = UnicodeAttribute(default="UTC")
    stripe_customer_id = UnicodeAttribute(null=True)
    plan_source = UnicodeAttribute(null=True)
    stripe_deleted_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()

    @property
    def at_stripe(self) -> str | None:
        """The id of the customer that Stripe has; None where it has none, or none any more."""
        return None if self.stripe_deleted_at else self.stripe_customer_id
