"""Refunds, one row each: requests of owners, and refunds made directly at Stripe."""

from __future__ import annotations

from chalicelib.billing.enums import RefundStatus
from chalicelib.billing.errors import RefundDecided, RefundNotFound
from chalicelib.billing.models import Refund
from chalicelib.kit import clock, ids, pagination, tables, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction

_NAMESPACE = "9f6f0f57-9d8e-4f57-9d0a-2a8d1f1f8b11"


def refund_id_of(stripe_refund_id: str) -> str:
    """Return our id of a refund that was made at Stripe."""
    return ids.derived(_NAMESPACE, stripe_refund_id)


def part_refund_id(refund_id: str, part_id: str) -> str:
    """Return the id of the refund of a payment's part into which a refund was split."""
    return ids.derived(_NAMESPACE, f"{refund_id}/{part_id}")


def get(refund_id: str) -> Refund:
    """Return a refund, read consistently. Raises RefundNotFound if it does not exist."""
    try:
        return Refund.get(refund_id, consistent_read=True)
    except Refund.DoesNotExist as error:
        raise RefundNotFound from error


def find(refund_id: str) -> Refund | None:
    """Return a refund, read consistently, or None."""
    try:
        return get(refund_id)
    except RefundNotFound:
        return None


def mark_decided(refund_id: str, status: RefundStatus) -> Refund:
    """Store the decision on a request; repeating the same decision changes nothing.

    Raises RefundNotFound if there is no such refund, RefundDecided if it has another decision.
    """
    undecided = (Refund.status == RefundStatus.REQUESTED) | (Refund.status == status)
    actions = [Refund.status.set(status), Refund.updated_at.set(clock.now())]
    if not tables.update_if(Refund(refund_id), actions, undecided):
        raise RefundDecided(f"The refund's status is {get(refund_id).status}.")
    return get(refund_id)


def stage_refund(transaction: Transaction, row: Refund, earlier: Refund | None) -> None:
    """Stage a write of the row over `earlier` and claim its Stripe refund id.

    The transaction fails with WriteConflict if the row has changed or the Stripe id belongs to another refund.
    """
    row.updated_at = clock.now()
    unchanged = Refund.updated_at == earlier.updated_at if earlier else Refund.id.does_not_exist()
    transaction.put(row, condition=unchanged, otherwise=WriteConflict())
    if row.stripe_refund_id:
        name = unique_values.value_key("billing", "refunds", "stripe_refund_id", row.stripe_refund_id)
        unique_values.claim(transaction, name, row.id, otherwise=WriteConflict())


def list_by_status(status: RefundStatus, page: PageRequest) -> PageResult[Refund]:
    """Return one page of the refunds of a status, oldest first."""
    return pagination.query_page(Refund.by_status.query(status, limit=page.limit, last_evaluated_key=page.start))


def list_by_payment(payment_id: str) -> list[Refund]:
    """Return the refunds of one payment, oldest first."""
    return list(Refund.by_payment.query(payment_id))
