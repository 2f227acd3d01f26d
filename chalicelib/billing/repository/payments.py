"""Payments: one row each, found by any of the ids that Stripe gives the same payment."""

from __future__ import annotations

from chalicelib.billing.errors import Outdated
from chalicelib.billing.models import PaymentTransaction
from chalicelib.kit import guards
from chalicelib.kit.models import Guard
from chalicelib.kit.tables import Transaction, get_many

_IDS = ("stripe_invoice_id", "stripe_payment_intent_id", "stripe_charge_id")


def find_by_stripe_ids(*stripe_ids: str | None) -> PaymentTransaction | None:
    """The payment that has one of these ids (invoice, payment intent, charge)."""
    names = [_guard(name, value) for name, value in zip(_IDS, stripe_ids, strict=True) if value]
    owners = [row.owner for row in get_many((Guard, (name,)) for name in names) if row]
    return PaymentTransaction.get(owners[0], consistent_read=True) if owners else None


def save(row: PaymentTransaction) -> None:
    """Write the row over the version that it was made of and claim its Stripe ids for it.

    Raises Outdated if the row has changed or one of the ids is another payment's by now.
    """
    before, row.version = row.version, row.version + 1
    unchanged = PaymentTransaction.version == before if before else PaymentTransaction.id.does_not_exist()
    with Transaction() as transaction:
        transaction.put(row, condition=unchanged, otherwise=Outdated())
        for name in _IDS:
            value = getattr(row, name)
            if value:
                guards.claim(transaction, _guard(name, value), row.id, otherwise=Outdated())


def _guard(name: str, value: str) -> str:
    return guards.guard("billing", "payment_transactions", name, value)
