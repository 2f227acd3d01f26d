"""Grants of credits: at most one month's per owner and calendar month, whatever pays for it (ADR 15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing import grants, lots
from chalicelib.billing.book import Book, source_of
from chalicelib.billing.enums import EntryType, PaymentKind
from chalicelib.billing.models import Customer, MonthlyGrant, PaymentTransaction, Subscription
from chalicelib.billing.monthly_grants import Lot, OwnerMonth, calendar_month
from chalicelib.billing.repository import ledger as ledger_rows
from chalicelib.billing.repository import monthly_grants
from chalicelib.billing.repository.records import (
    Found,
    Key,
    entry_guards,
    head_key,
    monthly_grant_key,
    own_subscription_key,
    owner_key,
)
from chalicelib.billing.sample_catalogue import GRANT_LASTS_MONTHS
from chalicelib.billing.service import carried_grants, ledger, payments
from chalicelib.billing.service.customers import ledger_of
from chalicelib.billing.service.effects import Effects
from chalicelib.kit import clock

MONTHS_PER_STEP = 16
"""Months that one transaction grants at most: two rows each, 32 of 40."""


@dataclass(frozen=True, slots=True)
class PaidMonth:
    """A month of credits that was paid for and has begun. `subscription_id` is Stripe's, or ours of a gift."""

    subscription_id: str
    begins_at: datetime
    credits: int
    plan_name: str

    @property
    def calendar_month(self) -> str:
        """The calendar month that it counts in."""
        return calendar_month(self.begins_at)


def month_keys(owner: Key | None, subscription_id: str | None, beginnings: Iterable[datetime]) -> list[Key]:
    """Return the keys of what decides on grants for months, to be read with whatever else is read."""
    begun = list(beginnings)
    guards = entry_guards(grants.source_key(str(subscription_id), at) for at in begun)
    return [*guards, *(monthly_grant_key(owner, calendar_month(at)) for at in begun)] if owner else guards


def claim_months(
    effects: Effects, found: Found, customer: Customer, payment: PaymentTransaction, months: Sequence[PaidMonth]
) -> None:
    """Claim the credits of months that have begun for a payment, each once; grant what the claims lack by now.

    Notes the claims in `payment`, which the caller stages. A payment that was reversed claims nothing.
    """
    if not months or payments.is_gone(payment):
        return
    owner = owner_key(customer.owner_type, customer.owner_id)
    relationship_id = ledger_of(customer)
    new = _unclaimed(payment, months)
    found.read(key for month in new for key in month_keys(owner, month.subscription_id, [month.begins_at]))
    found.read([head_key(relationship_id)])
    head = found.head(relationship_id)
    book = ledger_rows.opened(head)
    carried = carried_grants.credits_by_month(found, owner, head, _unknown(found, owner, new))
    for month in new:
        key = monthly_grant_key(owner, month.calendar_month)
        row = found.monthly_grant(key) or MonthlyGrant(owner=key[1][0], month=key[1][1])
        if not row.version:
            row.granted = row.carried = carried.get(row.month, 0)
        state = monthly_grants.state_of(row).claimed(month.credits)
        state = _credit(book, (relationship_id, row.version), month, state, payment.id)
        monthly_grants.stage(effects.transaction, row, state, relationship_id)
        payment.month_claims = {**(payment.month_claims or {}), _claim(month.begins_at): month.credits}
    ledger.close(effects, head, book)


def payment_keys(payment: PaymentTransaction) -> list[Key]:
    """Return the keys of the months that a payment has claimed; none for a gift, whose months are the recipient's."""
    if payment.kind is PaymentKind.GIFT:
        return []
    return _claimed_keys(owner_key(payment.owner_type, payment.owner_id), payment)


def ledger_keys(found: Found, payment: PaymentTransaction) -> list[Key]:
    """Return the keys of the ledgers that hold credits of the payment's months, as far as they are known."""
    subscription = _subscription(found, payment)
    if payment.kind is PaymentKind.GIFT and payment.month_claims and subscription is not None:
        known = head_key(subscription.relationship_id) if subscription.relationship_id else None
        return [*_claimed_keys(_owner(found, payment), payment), *([known] if known else [])]
    return [head_key(name) for name in _ledgers(found, payment)]


def settle_payment(effects: Effects, found: Found, row: PaymentTransaction, earlier: PaymentTransaction) -> None:
    """Release a payment's months when all of its money has gone back; claim them again when it has not after all.

    Takes back what no other payment of the calendar month entitles to, as far as it is left. Publishes the ledgers also
    if they were written before.
    """
    was_gone, is_gone = payments.is_gone(earlier), payments.is_gone(row)
    if not row.month_claims or not (was_gone or is_gone):
        return
    found.read(_claimed_keys(_owner(found, row), row))
    names = _ledgers(found, row)
    found.read([head_key(name) for name in names])
    heads = {name: found.head(name) for name in names}
    books = {name: ledger_rows.opened(head) for name, head in heads.items()}
    if is_gone and not was_gone:
        _release(effects, found, row, books)
    elif was_gone and not is_gone:
        _restore(effects, found, row, books)
    for name, head in heads.items():
        ledger.close(effects, head, books[name])


def _release(effects: Effects, found: Found, payment: PaymentTransaction, books: dict[str, Book]) -> None:
    taken: dict[str, dict[str, int]] = {name: {} for name in books}

    def remaining(lot: Lot) -> int:
        return lots.remaining(books[lot[0]].lots, lot[1])

    for month, size in _months_of(found, payment):
        state = monthly_grants.state_of(month).released(size)
        withdrawals = state.withdrawals(remaining)
        for (name, lot_id), amount in withdrawals.items():
            taken[name][lot_id] = amount
        monthly_grants.stage(effects.transaction, month, state.withdrawn(withdrawals), None)
    for name, amounts in taken.items():
        books[name].withdraw(
            amounts, source_of("grant_refund", payment.id, str(payment.version)), "refunded", payment.id
        )


def _restore(effects: Effects, found: Found, payment: PaymentTransaction, books: dict[str, Book]) -> None:
    """Claim the months again, each in the ledger of its last grant."""
    beginnings = {calendar_month(clock.parse(at)): clock.parse(at) for at in payment.month_claims or {}}
    for month, size in _months_of(found, payment):
        state = monthly_grants.state_of(month).claimed(size)
        if state.lacking and month.relationship_id:
            book = books[month.relationship_id]
            key = source_of("grant_refund", payment.id, str(payment.version), month.month)
            expires_at = grants.add_months(beginnings[month.month], GRANT_LASTS_MONTHS)
            amount = state.lacking
            lot_id = book.credit(EntryType.REFUND, amount, key, "the refund failed", expires_at, payment.id)
            state = state.credited((month.relationship_id, lot_id), amount)
        monthly_grants.stage(effects.transaction, month, state, None)


def _credit(book: Book, place: tuple[str, int], month: PaidMonth, state: OwnerMonth, payment_id: str) -> OwnerMonth:
    """Enter what the month lacks. `place` is the ledger and the version of the month's row."""
    relationship_id, version = place
    state = state.pruned(lambda lot: lot[0] == relationship_id and not lots.remaining(book.lots, lot[1]))
    amount = state.lacking
    if not amount:
        return state
    key = grants.source_key(month.subscription_id, month.begins_at)
    cause = f"{key}/{version}" if state.granted or version else key
    reason = f"{month.plan_name}, {month.begins_at:%Y-%m-%d}"
    expires_at = grants.add_months(month.begins_at, GRANT_LASTS_MONTHS)
    lot_id = book.credit(EntryType.GRANT, amount, cause, reason, expires_at, payment_id)
    return state.credited((relationship_id, lot_id), amount)


def _unclaimed(payment: PaymentTransaction, months: Sequence[PaidMonth]) -> list[PaidMonth]:
    """Return the months that the payment has not claimed yet, one per calendar month: that of the most credits."""
    claimed = {calendar_month(clock.parse(at)) for at in payment.month_claims or {}}
    ordered = sorted(months, key=lambda month: (month.credits, month.begins_at))
    largest = {month.calendar_month: month for month in ordered}
    return sorted((month for name, month in largest.items() if name not in claimed), key=lambda month: month.begins_at)


def _unknown(found: Found, owner: Key, months: Iterable[PaidMonth]) -> dict[str, str | None]:
    """Return the calendar months without a row, each with the entry that an earlier version granted it by, if any."""
    return {
        month.calendar_month: found.owner_of(
            ledger_rows.source_guard(grants.source_key(month.subscription_id, month.begins_at))
        )
        for month in months
        if found.monthly_grant(monthly_grant_key(owner, month.calendar_month)) is None
    }


def _claim(begins_at: datetime) -> str:
    return f"{begins_at:%Y-%m-%dT%H:%M:%SZ}"


def _claimed_keys(owner: Key, payment: PaymentTransaction) -> list[Key]:
    return [monthly_grant_key(owner, calendar_month(clock.parse(at))) for at in payment.month_claims or {}]


def _months_of(found: Found, payment: PaymentTransaction) -> list[tuple[MonthlyGrant, int]]:
    """Return the rows of the months that the payment has claimed, with its credits; erased and old ones are gone."""
    keys = _claimed_keys(_owner(found, payment), payment)
    pairs = zip(keys, (payment.month_claims or {}).values(), strict=True)
    rows = ((found.monthly_grant(key), size) for key, size in pairs)
    return [(row, size) for row, size in rows if row is not None]


def _ledgers(found: Found, payment: PaymentTransaction) -> list[str]:
    names = []
    for row, _ in _months_of(found, payment):
        names += [ledger_id for ledger_id, _ in monthly_grants.state_of(row).lots]
        names += [row.relationship_id] if row.relationship_id else []
    return list(dict.fromkeys(names))


def _owner(found: Found, payment: PaymentTransaction) -> Key:
    """Return the key of whose months the payment claims: the recipient's of a gift, else the payer's."""
    subscription = _subscription(found, payment)
    if payment.kind is PaymentKind.GIFT and subscription is not None:
        return owner_key(subscription.owner_type, subscription.owner_id)
    return owner_key(payment.owner_type, payment.owner_id)


def _subscription(found: Found, payment: PaymentTransaction) -> Subscription | None:
    row = found.rows.get(own_subscription_key(payment.subscription_id) or (Subscription, ()))
    return row if isinstance(row, Subscription) else None
