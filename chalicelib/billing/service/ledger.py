"""Credits: granted for months that were paid for, once each; the balance and the ledger behind it."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing import grants
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.grants import GrantMonth
from chalicelib.billing.models import CreditBalance, CreditEntry, PaymentTransaction, SubscriptionPlan
from chalicelib.billing.projection import InvoiceView
from chalicelib.billing.repository import customers, ledger, plans
from chalicelib.billing.sample_catalogue import GRANT_LASTS_MONTHS
from chalicelib.billing.service.customers import ledger_of
from chalicelib.billing.service.retries import until_current
from chalicelib.kit import clock, ids, logs
from chalicelib.kit.pages import PageRequest, Slice

log = logs.logger("billing")


def grant_for(view: InvoiceView, payment: PaymentTransaction | None, owner_type: OwnerType, owner_id: str) -> None:
    """Grant the credits of every month that the paid invoice opened and that has begun, unless they were granted."""
    relationship_id = ledger_of(customers.get(owner_type, owner_id))
    months = list(grants.begun(view.lines, clock.now()))
    found = plans.find_by_prices(month.price_id for month in months)
    for month in months:
        if month.price_id in found and found[month.price_id][0].included_credits:
            _grant(relationship_id, str(view.subscription_id), month, found[month.price_id][0], payment)


def read_balance(owner_type: OwnerType, owner_id: str) -> CreditBalance:
    """The credits the owner can spend from. Raises CustomerUnknown."""
    return ledger.balance(ledger_of(customers.get(owner_type, owner_id)))


def list_entries(owner_type: OwnerType, owner_id: str, page: PageRequest) -> Slice[CreditEntry]:
    """The ledger, newest first. Raises CustomerUnknown."""
    return ledger.list_entries(ledger_of(customers.get(owner_type, owner_id)), page)


def _grant(
    relationship_id: str,
    subscription_id: str,
    month: GrantMonth,
    plan: SubscriptionPlan,
    payment: PaymentTransaction | None,
) -> None:
    key = grants.source_key(subscription_id, month)
    entry_id = ids.time_ordered()
    expires_at = grants.add_months(month.begins_at, GRANT_LASTS_MONTHS)

    def attempt() -> None:
        if ledger.is_entered(key):
            return
        head = ledger.balance(relationship_id)
        head.balance += plan.included_credits
        head.lots = _with_lot(head, entry_id, plan.included_credits, expires_at)
        head.updated_at = clock.now()
        entry = CreditEntry(
            relationship_id=relationship_id,
            id=entry_id,
            entry_type=EntryType.GRANT,
            amount=plan.included_credits,
            balance_after=head.balance,
            reason=f"{plan.name}, {month.begins_at:%Y-%m-%d}",
            source_key=key,
            lot_id=entry_id,
            payment_transaction_id=payment.id if payment else None,
            expires_at=expires_at,
            created_at=clock.now(),
        )
        try:
            ledger.enter(entry, head)
        except ledger.AlreadyEntered:
            log.info("granted already", extra={"source": key})

    until_current(attempt)


def _with_lot(head: CreditBalance, lot_id: str, amount: int, expires_at: datetime) -> list[dict[str, object]]:
    """The head's lots and the new one, soonest to expire first."""
    lot = {"lot_id": lot_id, "remaining": amount, "expires_at": clock.iso(expires_at)}
    return sorted([*head.lots, lot], key=lambda lot: (lot["expires_at"] is None, lot["expires_at"]))
