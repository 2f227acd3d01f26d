"""Grants of credits: at most one month's per owner and calendar month, whatever pays for it (ADR 19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.billing.catalogue.sample import GRANT_LASTS_MONTHS
from chalicelib.billing.domain.credit_ledger import CreditLedger, Reversal, ledger_of, source_key
from chalicelib.billing.domain.credit_lots import remaining_in
from chalicelib.billing.domain.monthly_grants import (
    Lot,
    OwnerMonth,
    PaidMonth,
    add_months,
    calendar_month,
    is_over,
    month_source_key,
)
from chalicelib.billing.domain.payments import is_gone, kept_credits
from chalicelib.billing.enums import EntryType, PaymentKind
from chalicelib.billing.models import Customer, MonthlyGrant, PaymentTransaction
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository import monthly_grants
from chalicelib.billing.repository.identity_map import (
    IdentityMap,
    Key,
    entry_unique_keys,
    head_key,
    monthly_grant_key,
    owner_key,
)
from chalicelib.billing.service import carried_grants
from chalicelib.billing.service.credits import OpenLedgers
from chalicelib.billing.service.lot_ledgers import ledger_of_lot, likely_head_keys, present_ledger
from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork


def month_keys(owner: Key | None, subscription_id: str | None, beginnings: Iterable[datetime]) -> list[Key]:
    """Return the keys of the rows that decide on grants for these months."""
    begun = list(beginnings)
    keys = entry_unique_keys(month_source_key(str(subscription_id), at) for at in begun)
    return [*keys, *(monthly_grant_key(owner, calendar_month(at)) for at in begun)] if owner else keys


def claim_months(
    unit: UnitOfWork, rows: IdentityMap, customer: Customer, payment: PaymentTransaction, months: Sequence[PaidMonth]
) -> None:
    """Claim the credits of months that have begun for a payment, each once; grant what the claims lack by now.

    Notes the claims in `payment`, which the caller stages. A payment that was reversed claims nothing.
    """
    if months and not is_gone(payment):
        _claim_months(unit, rows, customer, payment, months)


def _claim_months(
    unit: UnitOfWork, rows: IdentityMap, customer: Customer, payment: PaymentTransaction, months: Sequence[PaidMonth]
) -> None:
    owner = owner_key(customer.owner_type, customer.owner_id)
    relationship_id = ledger_of(customer)
    new = _unclaimed(payment, months)
    rows.read(key for month in new for key in month_keys(owner, month.subscription_id, [month.begins_at]))
    ledgers = OpenLedgers(rows)
    ledgers.open(relationship_id)
    carried = _carried(rows, owner, relationship_id, _without_row(rows, owner, new))
    for month in new:
        key = monthly_grant_key(owner, month.calendar_month)
        row = rows.monthly_grant(key) or MonthlyGrant(owner=key[1][0], month=key[1][1])
        if not row.version:
            row.granted = row.carried = carried.get(row.month, 0)
        before = monthly_grants.state_of(row)
        state = before.claimed(_share(month.credits, payment))
        credit = _Credit(
            EntryType.GRANT,
            _source_key(month, row),
            f"{month.plan_name}, {month.begins_at:%Y-%m-%d}",
            month.begins_at,
            payment.id,
            customer.owner_id,
        )
        state = _grant(ledgers.open(relationship_id), relationship_id, state, credit)
        last = _home(rows, owner, row) or relationship_id
        ledgers.owe([last, relationship_id], state.excess - before.excess, customer.owner_id)
        # What is owed stays in the ledger of the last grant.
        last = relationship_id if state.granted > before.granted else last
        monthly_grants.stage_grant(unit.transaction, row, state, last)
        payment.month_claims = {**(payment.month_claims or {}), _claim(month.begins_at): month.credits}
    ledgers.close(unit)


def payment_keys(payment: PaymentTransaction) -> list[Key]:
    """Return the keys of the months that a payment has claimed, and of whose they are; none for a gift.

    The months of a gift are the recipient's.
    """
    if payment.kind is PaymentKind.GIFT:
        return []
    owner = owner_key(payment.owner_type, payment.owner_id)
    return [owner, *_claimed_keys(owner, payment)]


def ledger_keys(rows: IdentityMap, payment: PaymentTransaction) -> list[Key]:
    """Return the keys of the ledgers that hold credits of the payment's months; of a gift those of the months too."""
    owner = _owner(rows, payment)
    if payment.kind is not PaymentKind.GIFT:
        return _likely_ledgers(rows, payment, owner)
    gift = rows.gift(str(payment.item))
    known = [head_key(gift.relationship_id)] if gift and gift.relationship_id else []
    return [owner, *_claimed_keys(owner, payment), *known, head_key(owner[1][1])]


def settle_payment(
    unit: UnitOfWork, rows: IdentityMap, row: PaymentTransaction, earlier: PaymentTransaction, reversal: Reversal
) -> None:
    """Adjust a payment's claims to the amount returned or restored since `earlier`.

    Takes back what no payment of the calendar month entitles to any more, as far as it is left: what was spent is a
    shortfall. Publishes the ledgers also if they were written before.
    """
    moved = (row.refunded_amount, earlier.refunded_amount, row.credit_unbacked, earlier.credit_unbacked)
    if not row.month_claims or not any(moved):
        return
    owner = _owner(rows, row)
    rows.read([owner, *_claimed_keys(owner, row)])
    rows.read(_likely_ledgers(rows, row, owner))
    ledgers, taken = OpenLedgers(rows), dict[Lot, int]()
    for month, begins_at, size in _months_of(rows, row):
        old, new = _share(size, earlier), _share(size, row)
        before = _relocated(rows, owner, month)
        home = _home(rows, owner, month)
        for name in (*(name for name, _ in before.lots), *([home] if home else [])):
            ledgers.open(name)
        if old != new:
            state = before.released(old).claimed(new)
            if not is_over(month.month, GRANT_LASTS_MONTHS, clock.now()):
                key = source_key("grant_refund", row.id, str(row.version), month.month)
                credit = _Credit(EntryType.REFUND, key, reversal.given_because, begins_at, row.id, owner[1][1])
                state = _grant(ledgers.open(home), home, state, credit) if home else state
                withdrawals = state.withdrawals(ledgers.remaining)
                taken |= withdrawals
                state = state.withdrawn(withdrawals)
                ledgers.owe([home], state.excess - before.excess, owner[1][1])
            monthly_grants.stage_grant(unit.transaction, month, state, home)
    ledgers.withdraw(taken, reversal)
    ledgers.close(unit)


@dataclass(frozen=True, slots=True)
class _Credit:
    """What is entered for a month that lacks credits."""

    entry_type: EntryType
    source_key: str
    reason: str
    begins_at: datetime
    payment_id: str
    owner_id: str


def _share(size: int, payment: PaymentTransaction) -> int:
    return kept_credits(payment, size)


def _home(rows: IdentityMap, owner: Key, month: MonthlyGrant) -> str | None:
    """Return the ledger of a month's last grant, or the one that the owner's lots have moved to; None without a grant."""
    return present_ledger(rows, owner, month.relationship_id) if month.relationship_id else None


def _relocated(rows: IdentityMap, owner: Key, month: MonthlyGrant) -> OwnerMonth:
    """Return the state of a month whose lots name the ledgers that hold them now."""
    state = monthly_grants.state_of(month)
    lots = tuple((ledger_of_lot(rows, owner, name, lot_id), lot_id) for name, lot_id in state.lots)
    return replace(state, lots=lots)


def _grant(ledger: CreditLedger, relationship_id: str, state: OwnerMonth, credit: _Credit) -> OwnerMonth:
    state = state.pruned(lambda lot: lot[0] == relationship_id and not remaining_in(ledger.lots, lot[1]))
    if amount := state.lacking:
        expires_at = add_months(credit.begins_at, GRANT_LASTS_MONTHS)
        lot_id = ledger.credit(
            credit.entry_type,
            amount,
            credit.source_key,
            credit.reason,
            expires_at,
            credit.payment_id,
            owner_id=credit.owner_id,
        )
        state = state.credited((relationship_id, lot_id), amount)
    return state


def _source_key(month: PaidMonth, row: MonthlyGrant) -> str:
    """Return the cause of a grant: of a month's first the subscription and day alone, later with the row's version."""
    key = month_source_key(month.subscription_id, month.begins_at)
    return f"{key}/{row.version}" if row.granted or row.version else key


def _unclaimed(payment: PaymentTransaction, months: Sequence[PaidMonth]) -> list[PaidMonth]:
    """Return the months that the payment has not claimed yet, one per calendar month: that of the most credits."""
    claimed = {calendar_month(clock.parse(at)) for at in payment.month_claims or {}}
    ordered = sorted(months, key=lambda month: (month.credits, month.begins_at))
    largest = {month.calendar_month: month for month in ordered}
    return sorted((month for name, month in largest.items() if name not in claimed), key=lambda month: month.begins_at)


def _carried(rows: IdentityMap, owner: Key, relationship_id: str, months: Mapping[str, str | None]) -> dict[str, int]:
    """Return the credits that an earlier release granted in calendar months without a row, by month.

    `months` are these months (`YYYY-MM`), each with the entry (`ledger/id`) of the same grant if there is one. Reads the
    ledgers only if an earlier release may have granted credits; this costs two more calls.
    """
    ledgers = {ledger_rows.key_of(entry)[0] for entry in months.values() if entry}
    if any(month <= (rows.head(relationship_id).carried_until or month) for month in months):
        ledgers.add(relationship_id)
    return carried_grants.credits_by_month(rows, owner, ledgers, months) if ledgers else {}


def _without_row(rows: IdentityMap, owner: Key, months: Iterable[PaidMonth]) -> dict[str, str | None]:
    """Return the calendar months without a row, each with the entry that an earlier version granted it by, if any."""
    return {
        month.calendar_month: rows.owner_of(
            ledger_rows.source_value_key(month_source_key(month.subscription_id, month.begins_at))
        )
        for month in months
        if rows.monthly_grant(monthly_grant_key(owner, month.calendar_month)) is None
    }


def _claim(begins_at: datetime) -> str:
    return f"{begins_at:%Y-%m-%dT%H:%M:%SZ}"


def _claimed_keys(owner: Key, payment: PaymentTransaction) -> list[Key]:
    return [monthly_grant_key(owner, calendar_month(clock.parse(at))) for at in payment.month_claims or {}]


def _months_of(rows: IdentityMap, payment: PaymentTransaction) -> list[tuple[MonthlyGrant, datetime, int]]:
    """Return the rows of the months that a payment has claimed, when each began and its plan's credits.

    A row of an erased owner, or one that retention has deleted, is left out.
    """
    owner, claims = _owner(rows, payment), payment.month_claims or {}
    begun = [(clock.parse(at), size) for at, size in claims.items()]
    grants = [(rows.monthly_grant(monthly_grant_key(owner, calendar_month(at))), at, size) for at, size in begun]
    return [(row, at, size) for row, at, size in grants if row is not None]


def _likely_ledgers(rows: IdentityMap, payment: PaymentTransaction, owner: Key) -> list[Key]:
    """Return the keys of the ledgers that probably hold credits of the payment's months; none if it has claimed none."""
    months = [row for row, _, _ in _months_of(rows, payment)]
    stored = [row.relationship_id for row in months]
    stored += [ledger_id for row in months for ledger_id, _ in monthly_grants.state_of(row).lots]
    return likely_head_keys(rows, owner, stored) if months else []


def _owner(rows: IdentityMap, payment: PaymentTransaction) -> Key:
    """Return the key of whose months the payment claims: the recipient's of a gift, else the payer's."""
    subscription = rows.subscription_by_id(payment.subscription_id)
    if payment.kind is PaymentKind.GIFT and subscription is not None:
        return owner_key(subscription.owner_type, subscription.owner_id)
    return owner_key(payment.owner_type, payment.owner_id)
