"""Credits: bought, spent, expired, granted by operators; each cause has its effect once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from chalicelib.billing.domain import credit_lots, credit_months
from chalicelib.billing.domain.credit_ledger import CreditLedger, NotEnough, source_key
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.errors import GrantExpired, InsufficientCredits
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.billing.repository import credits, customers
from chalicelib.billing.repository.identity_map import IdentityMap, entry_guards, head_key
from chalicelib.billing.schemas.messages import CreditsChanged
from chalicelib.billing.service.customers import ledger_of
from chalicelib.kit import signing
from chalicelib.kit.batches import Batch
from chalicelib.kit.errors import IdempotencyConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def read_balance(owner_type: OwnerType, owner_id: str) -> CreditBalance:
    """The credits the owner can spend from. Raises CustomerUnknown."""
    return credits.balance(ledger_of(customers.get(owner_type, owner_id)))


def list_entries(owner_type: OwnerType, owner_id: str, page: PageRequest) -> PageResult[CreditEntry]:
    """The ledger, newest first. Raises CustomerUnknown."""
    return credits.list_entries(ledger_of(customers.get(owner_type, owner_id)), page)


def spend_credits(
    owner_type: OwnerType, owner_id: str, amount: int, request_key: str, reason: str | None = None
) -> CreditEntry:
    """Spend `amount` credits, soonest to expire first; an owner's request key spends once and gives the same entry,
    also where their relationship, and so their ledger, has changed since.

    Raises InsufficientCredits, and nothing is spent; IdempotencyConflict where the key was used for another amount or
    reason; CustomerUnknown; ValueError for an amount below one.
    """
    if amount < 1:
        raise ValueError("an amount below one credit cannot be spent")
    relationship_id = ledger_of(customers.get(owner_type, owner_id))
    key = _request("usage", owner_type, owner_id, request_key)

    def spend(book: CreditLedger) -> None:
        try:
            book.spend(amount, key, reason)
        except NotEnough as error:
            raise InsufficientCredits(f"{book.available} credits are left; {amount} are needed.") from error

    return _enter_once(relationship_id, key, -amount, reason, spend)


def grant_credits(
    owner_type: OwnerType, owner_id: str, amount: int, request_key: str, reason: str, expires_at: datetime | None
) -> CreditEntry:
    """Give an owner credits, as operators do; the same request key gives once.

    Raises GrantExpired for an `expires_at` that is past; CustomerUnknown; IdempotencyConflict where the key was used for
    another amount or reason.
    """
    relationship_id = ledger_of(customers.get(owner_type, owner_id))
    key = _request("operator", owner_type, owner_id, request_key)

    def grant(book: CreditLedger) -> None:
        if expires_at is not None and expires_at <= book.now:
            raise GrantExpired(errors=[{"path": "body.expires_at", "message": "is past"}])
        book.credit(EntryType.GRANT, amount, key, reason, expires_at)

    return _enter_once(relationship_id, key, amount, reason, grant)


def expire_due_credits(now: datetime, since: datetime | None) -> int:
    """Take expired credits out of every balance; return the number of balances.

    A balance that fails is left for the next run, and ends no other's.
    """
    batch = Batch("billing-expire_credits")
    for month in months_between(since or now, now):
        batch.run(credits.iterate_expired(month, now), _expire_balance, defer=partial(credits.defer_expiry, now=now))
    return batch.finish()


def close(unit: UnitOfWork, head: CreditBalance, book: CreditLedger) -> None:
    """Write what was entered, and tell what the ledger holds; also where it held it before."""
    changed = bool(book.entries) or book.shortfall != head.shortfall or book.lots != credit_lots.read(head.lots)
    if changed:
        credits.stage(unit.transaction, head, book)
    unit.publish(
        CreditsChanged(
            relationship_id=head.relationship_id,
            balance=book.balance,
            suspended=credit_lots.suspended(book.lots),
            version=head.version + changed,
        )
    )


def _request(kind: str, owner_type: OwnerType, owner_id: str, request_key: str) -> str:
    """What an owner's request causes one entry for. A digest: a couple's ledger outlives the one who asked."""
    return source_key(kind, signing.digest(f"{owner_type}/{owner_id}/{request_key}".encode()))


def _enter_once(
    relationship_id: str, key: str, amount: int, reason: str | None, enter: Callable[[CreditLedger], None]
) -> CreditEntry:
    def decide(unit: UnitOfWork) -> str:
        found = IdentityMap()
        found.read([head_key(relationship_id), *entry_guards([key])])
        head = found.head(relationship_id)
        book = credits.opened(head)
        entered = found.owner_of(credits.source_guard(key))
        if entered is None:
            enter(book)
            entry_id = next(entry.id for entry in book.entries if entry.source_key == key)
            entered = f"{relationship_id}/{entry_id}"
        close(unit, head, book)
        return entered

    entry = credits.get_entry(run_unit_of_work(decide))
    if (entry.amount, entry.reason) != (amount, reason):
        raise IdempotencyConflict
    return entry


def _expire_balance(relationship_id: str) -> None:
    """Take all expired lots out, in steps of LOTS_PER_STEP, each a transaction of its own."""
    while run_unit_of_work(partial(_expire_lots, relationship_id=relationship_id)):
        pass


def _expire_lots(unit: UnitOfWork, relationship_id: str) -> bool:
    """Take one step's lots out; return whether expired lots are left."""
    head = credits.balance(relationship_id)
    book = credits.opened(head)
    book.expire()
    close(unit, head, book)
    return book.has_expired


def months_between(since: datetime, until: datetime) -> list[str]:
    """The calendar months (`YYYY-MM`) of the range, and the one before: a run may have died."""
    first = credit_months.add_months(since.replace(day=1), -1)
    count = (until.year - first.year) * 12 + until.month - first.month
    return [f"{credit_months.add_months(first, number):%Y-%m}" for number in range(count + 1)]
