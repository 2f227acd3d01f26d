"""Payments of owners: reads, and writes that publish them."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.domain.reversals import returned_money
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import PaymentNotFound
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.repository import payments
from chalicelib.billing.schemas.messages import PaymentChanged, PaymentRefund
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork


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


def write_payment(unit: UnitOfWork, row: PaymentTransaction) -> None:
    """Stage the payment on condition of the version that was read, and publish it."""
    payments.stage_payment(unit.transaction, row)
    publish_payment(unit, row)


def publish_payment(unit: UnitOfWork, row: PaymentTransaction) -> None:
    """Publish the payment with its parts and its refunds. Earlier releases stored no parts: they count 0."""
    unit.publish(
        PaymentChanged(
            owner_type=row.owner_type,
            owner_id=row.owner_id,
            payment_id=row.id,
            version=row.version,
            kind=row.kind,
            status=row.status,
            amount=money.padded(row.amount, row.currency),
            tax=_padded(row.tax, row.currency),
            addons=_padded(row.addons_amount, row.currency),
            currency=row.currency,
            subscription_id=row.subscription_id,
            plan_name=row.plan_name,
            item=row.item,
            created_at=row.created_at,
            paid_at=row.processed_at,
            failed_at=row.failed_at,
            refunds=[
                PaymentRefund(id=each.id, amount=each.amount, at=each.at, reversed_at=each.reversed_at)
                for each in returned_money(row.amount, row.reversals)
            ],
        )
    )


def _padded(amount: Decimal | None, currency: str) -> Decimal:
    """Return the amount with the currency's decimals, so that the row as read and as written give equal messages."""
    return money.padded(amount, currency) if amount else Decimal(0)
