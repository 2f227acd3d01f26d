"""Payments: one row each, found by any of the payment's Stripe ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from chalicelib.billing.domain.payment_parts import parse_parts
from chalicelib.billing.enums import OwnerType, PaymentStatus
from chalicelib.billing.errors import PaymentNotFound
from chalicelib.billing.models import Customer, PaymentTransaction
from chalicelib.kit import clock, ids, pagination, unique_values
from chalicelib.kit.errors import Conflict, WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, readable_rows

_IDS = ("stripe_invoice_id", "stripe_payment_intent_id", "stripe_charge_id")


def get(payment_id: str) -> PaymentTransaction:
    """Return a payment, read consistently. Raises PaymentNotFound if it does not exist."""
    try:
        return PaymentTransaction.get(payment_id, consistent_read=True)
    except PaymentTransaction.DoesNotExist as error:
        raise PaymentNotFound from error


def stage_payment(transaction: Transaction, row: PaymentTransaction) -> None:
    """Stage a write of the row if it still has the version that was read, and claim its Stripe ids.

    The transaction fails with WriteConflict if the row has changed or one of the ids belongs to another payment.
    """
    before, row.version = row.version, row.version + 1
    unchanged = PaymentTransaction.version == before if before else PaymentTransaction.id.does_not_exist()
    transaction.put(row, condition=unchanged, otherwise=WriteConflict())
    ids = [tuple(getattr(row, name) for name in _IDS)]
    ids += [(None, part.intent_id, part.charge_id) for part in parse_parts(row.parts)]
    for name in dict.fromkeys(name for each in ids for name in payment_value_keys(*each)):
        unique_values.claim(transaction, name, row.id, otherwise=WriteConflict())


def new(customer: Customer, created_at: datetime) -> PaymentTransaction:
    """Return a pending payment of the owner; does not write it."""
    return PaymentTransaction(
        id=ids.time_ordered(),
        owner=f"{customer.owner_type}/{customer.owner_id}",
        day=f"{created_at:%Y-%m-%d}",
        owner_type=customer.owner_type,
        owner_id=customer.owner_id,
        status=PaymentStatus.PENDING,
        created_at=created_at,
    )


def set_months(row: PaymentTransaction, months: Iterable[datetime]) -> None:
    """Set the months whose credits the schedule grants for this payment. Months already begun are due immediately."""
    ordered = sorted(set(months))
    row.months = [clock.iso(begins_at) for begins_at in ordered] or None
    row.next_grant_day = f"{max(ordered[0], clock.now()):%Y-%m-%d}" if ordered else None


def list_by_owner(owner_type: OwnerType, owner_id: str, page: PageRequest) -> PageResult[PaymentTransaction]:
    """Return one page of an owner's payments, newest first.

    Reads an index, so the result is eventually consistent.
    """
    return pagination.query_page(
        PaymentTransaction.by_owner.query(
            f"{owner_type}/{owner_id}", limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False
        )
    )


def list_ids_of_owner(owner_type: OwnerType, owner_id: str) -> list[str]:
    """Return the ids of an owner's payments, oldest first. By index, so a moment behind."""
    rows = PaymentTransaction.by_owner.query(f"{owner_type}/{owner_id}", attributes_to_get=["id"])
    return [row.id for row in rows]


def iterate_by_subscription(subscription_id: str) -> Iterator[PaymentTransaction]:
    """Yield a subscription's payments, oldest first."""
    yield from PaymentTransaction.by_subscription.query(subscription_id)


def iterate_completed(day: str) -> Iterator[PaymentTransaction]:
    """Yield the payments that billing completed on a day (`YYYY-MM-DD`)."""
    is_completed = PaymentTransaction.status == PaymentStatus.COMPLETED
    yield from readable_rows(PaymentTransaction.by_day.query(day, filter_condition=is_completed))


def iterate_to_grant(day: str) -> Iterator[str]:
    """Yield the ids of payments whose next month of credits begins on a day (`YYYY-MM-DD`).

    Reads keys only, so an unreadable row does not end the iteration.
    """
    for row in PaymentTransaction.by_next_grant.query(day, attributes_to_get=["id"]):
        yield row.id


def defer_grant(payment_id: str, day: str) -> None:
    """Move a payment with a due month to `day` (`YYYY-MM-DD`), for the runs of that day and the next.

    Does nothing if no month is due by then. Uses a transaction because it returns no row, and the payment's row may be
    unreadable.
    """
    actions = [PaymentTransaction.next_grant_day.set(day)]
    with suppress(Conflict), Transaction() as transaction:
        transaction.update(PaymentTransaction(payment_id), actions, PaymentTransaction.next_grant_day <= day)


def payment_value_keys(*stripe_ids: str | None) -> list[str]:
    """Return the keys of the unique values of a payment's Stripe ids (invoice, intent, charge)."""
    return [
        unique_values.value_key("billing", "payment_transactions", name, value)
        for name, value in zip(_IDS, stripe_ids, strict=True)
        if value
    ]
