"""The credit ledger and its head, which change together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import takewhile

from chalicelib.billing.domain.credit_ledger import CreditLedger, has_unique_value
from chalicelib.billing.domain.credit_lots import CreditLot, SpentLot, next_expiry, parse_lots, suspended_credits
from chalicelib.billing.enums import EntryType
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.kit import clock, ids, pagination, unique_values
from chalicelib.kit.errors import Conflict, WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, get_many, readable_rows

_NOTHING_CARRIED = "0000-00"


def balance(relationship_id: str) -> CreditBalance:
    """Return the head of the ledger, read consistently; an empty one if the ledger has no entries."""
    try:
        return CreditBalance.get(relationship_id, consistent_read=True)
    except CreditBalance.DoesNotExist:
        return empty(relationship_id)


def empty(relationship_id: str) -> CreditBalance:
    """Return the head of a ledger without entries."""
    now = clock.now()
    return CreditBalance(relationship_id, changed_on=f"{now:%Y-%m-%d}", carried_until=_NOTHING_CARRIED, updated_at=now)


def opened(head: CreditBalance) -> CreditLedger:
    """Return the ledger of this head, open for changes."""
    return CreditLedger(
        head.balance,
        head.shortfall,
        parse_lots(head.lots),
        clock.now(),
        ids.time_ordered,
        debts=dict(head.debts or {}),
        moved_to=dict(head.moved_to or {}),
    )


def stage_ledger(transaction: Transaction, head: CreditBalance, ledger: CreditLedger) -> None:
    """Stage the ledger's new entries and its new head, if the head still has the version that was read.

    The transaction fails with WriteConflict if the head has changed, or if a source key already has an entry.
    """
    before, now = head.version, clock.now()
    expires_next_at = next_expiry(ledger.lots)
    moved = CreditBalance(
        head.relationship_id,
        balance=ledger.balance,
        suspended=suspended_credits(ledger.lots),
        shortfall=ledger.shortfall,
        lots=[_row(lot) for lot in ledger.lots],
        debts={payer: amount for payer, amount in sorted(ledger.debts.items()) if amount} or None,
        moved_to=ledger.moved_to or None,
        expires_next_at=expires_next_at,
        # A lot that was entered after its expiry is due now: the sweep does not read past months.
        expires_in=f"{max(expires_next_at, now):%Y-%m}" if expires_next_at else None,
        changed_on=f"{now:%Y-%m-%d}",
        carried_until=head.carried_until or f"{now:%Y-%m}",
        version=before + 1,
        updated_at=now,
    )
    unchanged = CreditBalance.version == before if before else CreditBalance.relationship_id.does_not_exist()
    transaction.put(moved, condition=unchanged, otherwise=WriteConflict())
    for entry in ledger.entries:
        row = CreditEntry(
            relationship_id=head.relationship_id,
            id=entry.id,
            entry_type=entry.entry_type,
            amount=entry.amount,
            balance_after=entry.balance_after,
            reason=entry.reason,
            source_key=entry.source_key,
            lot_id=entry.lot_id,
            payment_transaction_id=entry.payment_id,
            expires_at=entry.expires_at,
            spent_lots=[_spent_row(lot) for lot in entry.spent_lots] or None,
            created_at=now,
        )
        if has_unique_value(entry.source_key):
            owner = f"{head.relationship_id}/{entry.id}"
            unique_values.claim(transaction, source_value_key(entry.source_key), owner, otherwise=WriteConflict())
        transaction.add(row)


def entered(source_keys: Iterable[str]) -> dict[str, str]:
    """Return the given source keys that have an entry, each with its `ledger/entry id`; one read."""
    wanted = list(dict.fromkeys(source_keys))
    rows = get_many(((UniqueValue, (source_value_key(key),)) for key in wanted), consistent=True)
    return {key: row.owner for key, row in zip(wanted, rows, strict=True) if row}


def get_entry(owner: str) -> CreditEntry:
    """Return the entry that a source key's unique value names."""
    return CreditEntry.get(*key_of(owner), consistent_read=True)


def key_of(owner: str) -> tuple[str, str]:
    """Split `ledger/entry id`, as a source key's unique value holds it, into ledger and entry id."""
    relationship_id, _, entry_id = owner.rpartition("/")
    return relationship_id, entry_id


def list_entries(relationship_id: str, page: PageRequest) -> PageResult[CreditEntry]:
    """Return one page of the ledger, newest first."""
    return pagination.query_page(
        CreditEntry.query(relationship_id, limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False)
    )


def total(relationship_id: str) -> int:
    """Return the sum of all entries, to compare with the balance."""
    return sum(row.amount for row in CreditEntry.query(relationship_id, consistent_read=True))


def iterate_grants(relationship_id: str, since: datetime) -> Iterator[CreditEntry]:
    """Yield the grants entered in a ledger at or after `since`, newest first."""
    granted = CreditEntry.entry_type == EntryType.GRANT
    rows = CreditEntry.query(relationship_id, filter_condition=granted, scan_index_forward=False, consistent_read=True)
    yield from takewhile(lambda row: row.created_at >= since, rows)


def iterate_expired(month: str, now: datetime) -> Iterator[str]:
    """Yield the ledgers of a month (`YYYY-MM`, by `expires_in`) with a lot that expires at or before `now`.

    Reads keys only, so an unreadable row does not end the iteration.
    """
    due = CreditBalance.expires_next_at <= now
    for row in CreditBalance.by_expiry.query(month, due, attributes_to_get=["relationship_id"]):
        yield row.relationship_id


def defer_expiry(relationship_id: str, now: datetime) -> None:
    """Move a ledger with a due lot to the current month, for the runs of this month and the next.

    Does nothing if no lot is due. Uses a transaction because it returns no row, and the ledger's row may be unreadable.
    """
    actions = [CreditBalance.expires_in.set(f"{now:%Y-%m}")]
    with suppress(Conflict), Transaction() as transaction:
        transaction.update(CreditBalance(relationship_id), actions, CreditBalance.expires_next_at <= now)


def iterate_changed(day: str) -> Iterator[CreditBalance]:
    """Yield the balances that last changed on a day (`YYYY-MM-DD`)."""
    yield from readable_rows(CreditBalance.by_change.query(day))


def source_value_key(source_key: str) -> str:
    """Return the key of the unique value that limits a source key to one entry."""
    return unique_values.value_key("billing", "ai_credits", "source_key", source_key)


def _row(lot: CreditLot) -> dict[str, object]:
    row: dict[str, object] = {"lot_id": lot.lot_id, "remaining": lot.remaining}
    if lot.expires_at:
        row["expires_at"] = clock.iso(lot.expires_at)
    if lot.is_suspended:
        row["is_suspended"] = True
    if lot.owner_id:
        row["owner_id"] = lot.owner_id
    return row


def _spent_row(lot: SpentLot) -> dict[str, object]:
    row: dict[str, object] = {"lot_id": lot.lot_id, "amount": lot.amount}
    if lot.expires_at:
        row["expires_at"] = clock.iso(lot.expires_at)
    if lot.owner_id:
        row["owner_id"] = lot.owner_id
    return row
