"""Payments of owners, as owners and operators read them."""

from __future__ import annotations

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import PaymentNotFound
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.repository import payments
from chalicelib.kit.pagination import PageRequest, PageResult


def get(owner_type: OwnerType, owner_id: str, payment_id: str) -> PaymentTransaction:
    """Return a payment of the owner. Raises PaymentNotFound if the owner has no such payment."""
    row = payments.get(payment_id)
    if (row.owner_type, row.owner_id) != (owner_type, owner_id):
        raise PaymentNotFound
    return row


def get_of_any_owner(payment_id: str) -> PaymentTransaction:
    """Return a payment of any owner. Raises PaymentNotFound if there is no such payment."""
    return payments.get(payment_id)


def list_payments(owner_type: OwnerType, owner_id: str, page: PageRequest) -> PageResult[PaymentTransaction]:
    """List an owner's payments, newest first."""
    return payments.list_by_owner(owner_type, owner_id, page)
