"""Payments that claim a calendar month of credits, and their reversals, without Stripe."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from chalicelib.billing.domain.credit_ledger import Reversal
from chalicelib.billing.domain.monthly_grants import PaidMonth
from chalicelib.billing.enums import OwnerType, PaymentKind, PaymentStatus
from chalicelib.billing.models import (
    Customer,
    PaymentTransaction,
)
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository.identity_map import IdentityMap, own_subscription_key
from chalicelib.billing.service import (
    monthly_grants,
)
from chalicelib.kit import ids
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from tests.billing.conftest import Owner

AUGUST = datetime(2027, 8, 20, 9, tzinfo=UTC)


def pay(
    owner: Owner, size: int, payment: PaymentTransaction | None = None, at: datetime = AUGUST
) -> PaymentTransaction:
    """Claim a month for a new payment, or again for the given one."""
    new = PaymentTransaction(
        id=ids.time_ordered(),
        owner=f"member/{owner.id}",
        day="2027-08-20",
        owner_type=OwnerType.MEMBER,
        owner_id=owner.id,
        kind=PaymentKind.SUBSCRIPTION,
        amount=Decimal(size),
        status=PaymentStatus.COMPLETED,
        created_at=AUGUST,
    )
    name = payment.id if payment else None

    def decide(unit: UnitOfWork) -> PaymentTransaction:
        row = payment_rows.get(name) if name else new
        customer = Customer.get(OwnerType.MEMBER, owner.id)
        changed = copy_row(row)
        month = PaidMonth("sub_1", at, size, "a plan")
        monthly_grants.claim_months(unit, IdentityMap(), customer, changed, [month])
        payment_rows.stage_payment(unit.transaction, changed)
        return changed

    return run_unit_of_work(decide)


def reverse(payment: PaymentTransaction, share: str = "1") -> None:
    """Refund that share of a payment; 0 cancels the refund."""

    def decide(unit: UnitOfWork) -> None:
        earlier = payment_rows.get(payment.id)
        changed = copy_row(earlier)
        changed.refunded_amount = earlier.amount * Decimal(share)
        changed.status = PaymentStatus.REFUNDED if share == "1" else PaymentStatus.COMPLETED
        identity_map = IdentityMap()
        identity_map.read([own_subscription_key(earlier.subscription_id), *monthly_grants.payment_keys(earlier)])
        reversal = Reversal(earlier.id, earlier.version, "refunded", "the refund failed")
        monthly_grants.settle_payment(unit, identity_map, changed, earlier, reversal)
        payment_rows.stage_payment(unit.transaction, changed)

    run_unit_of_work(decide)


def claimed(payment: PaymentTransaction) -> list[int]:
    return list((payment.month_claims or {}).values())
