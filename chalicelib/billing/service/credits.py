"""The credit ledger: spending, expiry and operator grants. Each source key is entered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial

from chalicelib.billing.domain.credit_ledger import CreditLedger, Reversal, ledger_of, source_key
from chalicelib.billing.domain.credit_lots import NotEnough, parse_lots, remaining_in, suspended_credits
from chalicelib.billing.domain.monthly_grants import Lot, add_months
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.errors import InsufficientCredits, InvalidExpiry
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.billing.repository import credits, customers
from chalicelib.billing.repository.identity_map import IdentityMap, entry_unique_keys, head_key
from chalicelib.billing.schemas.credits import CreditGrant
from chalicelib.billing.schemas.messages import CreditsChanged
from chalicelib.kit import signing
from chalicelib.kit.batches import Batch
from chalicelib.kit.errors import IdempotencyConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def read_balance(owner_type: OwnerType, owner_id: str) -> CreditBalance:
    """Return the owner's credit balance. Raises CustomerNotFound if the owner is not registered."""
    return credits.balance(ledger_of(customers.get(owner_type, owner_id)))


def list_entries(owner_type: OwnerType, owner_id: str, page: PageRequest) -> PageResult[CreditEntry]:
    """List the owner's ledger entries, newest first. Raises CustomerNotFound if the owner is not registered."""
    return credits.list_entries(ledger_of(customers.get(owner_type, owner_id)), page)


def spend_credits(
    owner_type: OwnerType, owner_id: str, amount: int, request_key: str, reason: str | None = None
) -> CreditEntry:
    """Spend `amount` credits, those that expire first before the others.

    A repeated request key spends nothing and returns the first entry, even if the owner's relationship, and so their
    ledger, has changed since.

    Raises InsufficientCredits if the balance is too low; nothing is spent then. Raises IdempotencyConflict if the key
    was used for another amount or reason. Raises CustomerNotFound if the owner is not registered, ValueError if the
    amount is below one.
    """
    if amount < 1:
        raise ValueError("the amount must be at least one credit")
    relationship_id = ledger_of(customers.get(owner_type, owner_id))
    key = request_source_key("usage", owner_type, owner_id, request_key)

    def spend(ledger: CreditLedger) -> None:
        try:
            ledger.spend(amount, key, reason)
        except NotEnough as error:
            raise InsufficientCredits(f"{ledger.available} credits are left; {amount} are needed.") from error

    return _enter_once(relationship_id, key, -amount, reason, spend)


def grant_credits(body: CreditGrant, request_key: str) -> CreditEntry:
    """Grant credits to an owner on behalf of an operator. A repeated request key grants nothing.

    Raises InvalidExpiry if `expires_at` is in the past, CustomerNotFound if the owner is not registered. Raises
    IdempotencyConflict if the key was used for another amount or reason.
    """
    relationship_id = ledger_of(customers.get(body.owner_type, body.owner_id))
    key = request_source_key("operator", body.owner_type, body.owner_id, request_key)

    def grant(ledger: CreditLedger) -> None:
        if body.expires_at is not None and body.expires_at <= ledger.now:
            raise InvalidExpiry(errors=[{"path": "body.expires_at", "message": "must be in the future"}])
        ledger.credit(EntryType.GRANT, body.amount, key, body.reason, body.expires_at, owner_id=body.owner_id)

    return _enter_once(relationship_id, key, body.amount, body.reason, grant)


def expire_due_credits(now: datetime, since: datetime | None) -> int:
    """Remove expired credits from every balance; return the number of balances.

    If a balance fails, the others are still processed, and the next run retries it.
    """
    batch = Batch("billing-expire_credits")
    for month in months_between(since or now, now):
        batch.run(credits.iterate_expired(month, now), _expire_balance, defer=partial(credits.defer_expiry, now=now))
    return batch.finish()


def close(unit: UnitOfWork, head: CreditBalance, ledger: CreditLedger) -> None:
    """Stage the ledger's changes, and publish `CreditsChanged` even if nothing changed."""
    before = head.shortfall, head.debts or {}, head.moved_to or {}, parse_lots(head.lots)
    changed = bool(ledger.entries) or before != (ledger.shortfall, ledger.debts, ledger.moved_to, ledger.lots)
    if changed:
        credits.stage_ledger(unit.transaction, head, ledger)
    unit.publish(
        CreditsChanged(
            relationship_id=head.relationship_id,
            balance=ledger.balance,
            suspended=suspended_credits(ledger.lots),
            version=head.version + changed,
        )
    )


class OpenLedgers:
    """The ledgers that one decision changes, each opened once and closed together."""

    def __init__(self, rows: IdentityMap) -> None:
        self._rows = rows
        self._ledgers: dict[str, CreditLedger] = {}

    def open(self, name: str) -> CreditLedger:
        """Return the ledger of a relationship, read when it is first needed."""
        if name not in self._ledgers:
            self._rows.read([head_key(name)])
            self._ledgers[name] = credits.opened(self._rows.head(name))
        return self._ledgers[name]

    def remaining(self, lot: Lot) -> int:
        """Return the credits that are left in a lot."""
        return remaining_in(self.open(lot[0]).lots, lot[1])

    def owe(self, names: Iterable[str | None], amount: int, payer_id: str) -> None:
        """Add to what the payer owes in the first of these ledgers; a negative amount is forgiven in any of them."""
        known = [name for name in dict.fromkeys(names) if name]
        if amount > 0 and known:
            self.open(known[0]).owe(amount, payer_id)
        for name in known:
            if amount < 0:
                amount += self.open(name).forgive(-amount, payer_id)

    def withdraw(self, taken: Mapping[Lot, int], reversal: Reversal) -> None:
        """Enter the credits that are taken back, one entry per ledger."""
        key = source_key("grant_refund", reversal.payment_id, str(reversal.version))
        for name in dict.fromkeys(name for name, _ in taken):
            amounts = {lot_id: amount for (ledger_id, lot_id), amount in taken.items() if ledger_id == name}
            self.open(name).withdraw(amounts, key, reversal.taken_because, reversal.payment_id)

    def close(self, unit: UnitOfWork) -> None:
        """Stage the changes; publish every ledger, even if it is unchanged."""
        for name, ledger in self._ledgers.items():
            close(unit, self._rows.head(name), ledger)


def request_source_key(kind: str, owner_type: OwnerType, owner_id: str, request_key: str) -> str:
    """Return the source key of an owner's request.

    It contains a digest instead of the owner's id, because a couple's ledger is kept after one member is erased.
    """
    return source_key(kind, signing.digest(f"{owner_type}/{owner_id}/{request_key}".encode()))


def _enter_once(
    relationship_id: str, key: str, amount: int, reason: str | None, enter: Callable[[CreditLedger], None]
) -> CreditEntry:
    def decide(unit: UnitOfWork) -> str:
        rows = IdentityMap()
        rows.read([head_key(relationship_id), *entry_unique_keys([key])])
        head = rows.head(relationship_id)
        ledger = credits.opened(head)
        entered = rows.owner_of(credits.source_value_key(key))
        if entered is None:
            enter(ledger)
            entry_id = next(entry.id for entry in ledger.entries if entry.source_key == key)
            entered = f"{relationship_id}/{entry_id}"
        close(unit, head, ledger)
        return entered

    entry = credits.get_entry(run_unit_of_work(decide))
    if (entry.amount, entry.reason) != (amount, reason):
        raise IdempotencyConflict
    return entry


def _expire_balance(relationship_id: str) -> None:
    """Remove all expired lots, LOTS_PER_STEP per transaction."""
    while run_unit_of_work(partial(_expire_lots, relationship_id=relationship_id)):
        pass


def _expire_lots(unit: UnitOfWork, relationship_id: str) -> bool:
    """Remove up to LOTS_PER_STEP expired lots; return whether expired lots are left."""
    head = credits.balance(relationship_id)
    ledger = credits.opened(head)
    ledger.expire()
    close(unit, head, ledger)
    return ledger.has_expired


def months_between(since: datetime, until: datetime) -> list[str]:
    """List the calendar months (`YYYY-MM`) of the range and the month before it, in case an earlier run crashed."""
    first = add_months(since.replace(day=1), -1)
    count = (until.year - first.year) * 12 + until.month - first.month
    return [f"{add_months(first, number):%Y-%m}" for number in range(count + 1)]
