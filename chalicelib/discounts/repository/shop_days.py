"""The columns of a shop's head row for its number of discounts, its next day close and its web pixel.

The head belongs to the journal; each writer updates its own columns only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

from pynamodb.expressions.update import Action

from chalicelib.discounts.domain.discount_rules import MAX_LIVE_DISCOUNTS
from chalicelib.discounts.errors import LimitReached
from chalicelib.discounts.models import DailyDiscountStats, UsageJournal
from chalicelib.kit.tables import Transaction, readable_rows, update_if

SHARDS = 4
"""Of the shops whose day closes in the same hour."""
_HOUR = "%Y-%m-%dT%H"


def find_due_head(shop: str) -> UsageJournal | None:
    """Return the shop's head row, read consistently, or None."""
    try:
        return UsageJournal.get(shop, consistent_read=True)
    except UsageJournal.DoesNotExist:
        return None


def stage_added_discount(transaction: Transaction, shop: str, close_at: datetime) -> None:
    """Count a new live discount in the transaction, and make the shop due if it is not.

    `close_at` is its next local midnight. The transaction raises LimitReached at MAX_LIVE_DISCOUNTS.
    """
    live = UsageJournal.live_discounts
    free = live.does_not_exist() | (live < MAX_LIVE_DISCOUNTS)
    actions = [live.add(1), *_due_if_none(shop, close_at)]
    full = LimitReached(f"A shop can have {MAX_LIVE_DISCOUNTS} discounts that are not deleted.")
    transaction.update(UsageJournal(shop), actions, condition=free, otherwise=full)


def add_activity(shop: str, until: datetime) -> None:
    """Keep closing the shop's days until then, even without activity."""
    UsageJournal(shop).update([UsageJournal.active_until.set(until)])


def has_orders_since(shop: str, day: date) -> bool:
    """Return whether figures of this day or a later one exist."""
    return any(DailyDiscountStats.query(shop, DailyDiscountStats.date >= day, limit=1))


def stage_removed_discount(transaction: Transaction, shop: str) -> None:
    """Count a deleted discount in the transaction."""
    transaction.update(UsageJournal(shop), [UsageJournal.live_discounts.add(-1)])


def make_due_if_none(shop: str, close_at: datetime) -> None:
    """Make the shop due after its next local midnight, unless it is due already."""
    UsageJournal(shop).update(_due_if_none(shop, close_at))


def set_closed(head: UsageJournal, day: date, close_at: datetime | None, active_until: datetime | None) -> bool:
    """Note that `day` was sent, and make the shop due at `close_at`; None stops the closes.

    `active_until` is stored if it is given. Returns False if another run moved the shop since `head` was read.
    """
    column = UsageJournal.closed_day
    actions: list[Action] = [column.set(day) if close_at else column.remove()]
    if active_until is not None:
        actions.append(UsageJournal.active_until.set(active_until))
    return _move(head, close_at, actions)


def defer(head: UsageJournal, close_at: datetime) -> bool:
    """Make the shop due at `close_at`, without a close. Returns False if another run moved it since `head` was read."""
    return _move(head, close_at, [])


def _move(head: UsageJournal, close_at: datetime | None, actions: list[Action]) -> bool:
    column, shop = UsageJournal.due_in, head.shop
    unchanged: Any = column.does_not_exist() if head.due_in is None else column == head.due_in
    due: Action = column.set(due_key(shop, close_at)) if close_at else column.remove()
    return update_if(UsageJournal(shop), [due, *actions], unchanged)


def clear_due(shop: str) -> None:
    """Stop closing the shop's days until it is made due again."""
    due_in = UsageJournal.due_in
    update_if(UsageJournal(shop), [due_in.remove(), UsageJournal.closed_day.remove()], due_in.exists())


def set_pixel_pending(shop: str) -> None:
    """Note that the shop's web pixel has to be activated later."""
    UsageJournal(shop).update([UsageJournal.is_pixel_pending.set(True), _kept_sequence()])


def clear_pixel_pending(shop: str) -> None:
    """Note that the shop's web pixel is active."""
    column = UsageJournal.is_pixel_pending
    update_if(UsageJournal(shop), [column.remove()], column.exists())


def iterate_due(hour: datetime) -> Iterator[str]:
    """Yield the shops whose day closes in this hour (UTC)."""
    for shard in range(SHARDS):
        keys = UsageJournal.by_due_in.query(f"{hour.strftime(_HOUR)}#{shard}")
        yield from (row.shop for row in readable_rows(keys))


def due_key(shop: str, close_at: datetime) -> str:
    """Return the key of the due index: the first full UTC hour that is not before `close_at`, and the shop's shard."""
    hour = close_at.replace(minute=0, second=0, microsecond=0)
    due = hour if hour == close_at else hour + timedelta(hours=1)
    return f"{due.strftime(_HOUR)}#{crc32(shop.encode()) % SHARDS}"


def is_due(row: UsageJournal, now: datetime) -> bool:
    """Return whether the row's hour has come."""
    return row.due_in is not None and row.due_in.partition("#")[0] <= now.strftime(_HOUR)


def _due_if_none(shop: str, close_at: datetime) -> list[Action]:
    due = UsageJournal.due_in
    return [due.set(due | due_key(shop, close_at)), _kept_sequence()]


def _kept_sequence() -> Action:
    """Return the action that gives a new head row its sequence."""
    return UsageJournal.sequence.set(UsageJournal.sequence | 0)
