"""Watches of competitors' pages, and the prices that the pages showed."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.expressions.update import Action

from chalicelib.discounts.enums import WatchStatus
from chalicelib.discounts.errors import LimitReached, WatchNotFound
from chalicelib.discounts.models import CompetitorPrice, CompetitorWatch, UsageJournal
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, readable_rows

MAX_WATCHES = 50
MAX_PRICES = 100
"""Prices that are read for one watch."""


def find(shop: str, watch_id: str) -> CompetitorWatch | None:
    """Return the shop's watch, read consistently; None if there is none."""
    try:
        return CompetitorWatch.get(shop, watch_id, consistent_read=True)
    except CompetitorWatch.DoesNotExist:
        return None


def get(shop: str, watch_id: str) -> CompetitorWatch:
    """Return the shop's watch. Raises WatchNotFound."""
    row = find(shop, watch_id)
    if row is None:
        raise WatchNotFound
    return row


def list_by_shop(shop: str) -> list[CompetitorWatch]:
    """Return the shop's watches, oldest first: at most MAX_WATCHES."""
    return list(readable_rows(CompetitorWatch.query(shop, consistent_read=True)))


def stage_added(transaction: Transaction, row: CompetitorWatch) -> None:
    """Write a new watch in the transaction, which raises LimitReached at MAX_WATCHES."""
    transaction.add(row)
    count, sequence = UsageJournal.watches, UsageJournal.sequence
    free = count.does_not_exist() | (count < MAX_WATCHES)
    full = LimitReached(f"A shop can watch {MAX_WATCHES} pages.")
    actions = [count.add(1), sequence.set(sequence | 0)]
    transaction.update(UsageJournal(row.shop), actions, condition=free, otherwise=full)


def stage_removed(transaction: Transaction, row: CompetitorWatch) -> None:
    """Delete the watch in the transaction, which raises WatchNotFound if another request deleted it."""
    transaction.delete(row, condition=CompetitorWatch.shop.exists(), otherwise=WatchNotFound())
    transaction.update(UsageJournal(row.shop), [UsageJournal.watches.add(-1)])


def store_check(before: CompetitorWatch, after: CompetitorWatch, price: CompetitorPrice | None) -> None:
    """Store the result of a check and the price, in one transaction.

    Raises WriteConflict, and stores nothing, if the watch was deleted, or another worker checked it first.
    """
    column = CompetitorWatch.last_checked_at
    unchanged = column.does_not_exist() if before.last_checked_at is None else column == before.last_checked_at
    actions: Sequence[Action] = [
        CompetitorWatch.status.set(after.status),
        CompetitorWatch.failures.set(after.failures),
        column.set(after.last_checked_at),
    ]
    key = CompetitorWatch(before.shop, before.watch_id)
    with Transaction() as transaction:
        condition = CompetitorWatch.shop.exists() & unchanged
        transaction.update(key, actions, condition=condition, otherwise=WriteConflict())
        if price is not None:
            transaction.put(price)


def list_prices(shop: str, sku: str) -> list[CompetitorPrice]:
    """Return the last prices that were seen of a SKU, newest first, of all its watches."""
    rows = CompetitorPrice.query(f"{shop}#{sku}", scan_index_forward=False, limit=MAX_PRICES)
    return list(readable_rows(rows))


def is_paused(row: CompetitorWatch) -> bool:
    """Return whether the watch is no longer checked."""
    return row.status is WatchStatus.PAUSED
