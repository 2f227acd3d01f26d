"""Plans a journal: reads orders, names and customers, and decides the new rows and the deltas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.discounts.domain import order_state
from chalicelib.discounts.domain.attribution import name_of
from chalicelib.discounts.domain.contribution import contribution
from chalicelib.discounts.domain.deltas import Deltas, Figure, FigureKey, OpenDays, OrderChange, customer_keys, deltas
from chalicelib.discounts.domain.local_days import local_date
from chalicelib.discounts.domain.names import code_name, is_code
from chalicelib.discounts.domain.order_lines import Application, Attribute
from chalicelib.discounts.domain.order_state import FirstSight, OrderState, Refunds, Snapshot
from chalicelib.discounts.metrics import USAGE_DROPPED
from chalicelib.discounts.models import APP, Discount, DiscountUsage, OrderUsage, UsageJournal
from chalicelib.discounts.repository import counters, customer_insights, discount_names, discounts, order_usages
from chalicelib.discounts.repository.counters import CounterRow
from chalicelib.discounts.service.ab_conversions import conversions_of
from chalicelib.discounts.service.journal_content import CounterWrite, JournalContent, customer_rows, order_writes
from chalicelib.kit import clock, logs
from chalicelib.shops import service as shops

FIGURES_OPEN = timedelta(days=98)
"""Days of which figures change. Rows of days are archived after 100 days; a journal may be applied a day after its plan."""
ORDERS_OPEN = timedelta(days=398)
"""Days of which orders and stock change; they are archived after 400 days."""

log = logs.logger("discounts")


@dataclass(slots=True)
class OrderNews:
    """The content of a batch's messages about one order."""

    order_id: str
    snapshots: list[Snapshot] = field(default_factory=list)
    refunds: list[Refunds] = field(default_factory=list)
    seen_at: list[tuple[datetime, str | None]] = field(default_factory=list)
    """The times and currencies of refunds, for an order that is not known yet."""


@dataclass(slots=True)
class UsagePlan:
    """The journal's content, and the orders whose messages cannot be counted."""

    content: JournalContent
    failed: set[str] = field(default_factory=set)


def open_days(now: datetime) -> OpenDays:
    """Return the first days that are not closed at this time."""
    return OpenDays((now - FIGURES_OPEN).date(), (now - ORDERS_OPEN).date())


def plan(shop: str, head: UsageJournal, news: Iterable[OrderNews], started: datetime) -> UsagePlan:
    """Return the plan of the journal after `head` for these messages. An order that cannot be counted fails alone.

    `started` is the beginning of the batch, whatever the attempt: subjects that were erased since then are left out.
    """
    now, every = clock.now(), {each.order_id: each for each in news}
    days = open_days(now)
    stored = order_usages.find_orders(shop, every)
    locale = shops.find_locale(shop, APP)
    named = _Discounts(shop, every.values())
    failed: set[str] = set()
    changes: list[OrderChange] = []
    for order_id, each in every.items():
        try:
            sight = FirstSight(lambda at: local_date(at, locale.time_zone), locale.currency or _currency(each))
            change = _change(each, stored.get(order_id), sight, named)
            if change:
                for state in filter(None, (change.old, change.new)):
                    require_writable(shop, state, days)
                order_usages.to_row(shop, change.new, 0).serialize()
        except Exception:
            log.exception("order not counted", extra={"shop": shop, "order": order_id})
            failed.add(order_id)
        else:
            changes += [change] if change else []
    kept = _without_closed(changes, days)
    sequence = head.sequence + 1
    result = deltas(kept, customer_insights.find_customers(shop, customer_keys(kept)), days)
    content = JournalContent(
        shop,
        sequence,
        started,
        orders=order_writes(shop, (change.new for change in kept), stored, sequence),
        customers=customer_rows(shop, result, sequence),
        counters=counter_writes(shop, result, named.codes, now),
        conversions=conversions_of(shop, [change.new for change in kept]),
    )
    return UsagePlan(content, failed)


def require_writable(shop: str, state: OrderState, days: OpenDays) -> None:
    """Compute the figures of an order and their places. Raises if a journal with this order could not be applied."""
    for key in deltas([OrderChange(None, state)], {}, days).counters:
        counters.place(shop, key)


def counter_writes(shop: str, result: Deltas, codes: Mapping[str, str | None], now: datetime) -> list[CounterWrite]:
    """Return the writes of the rows of counters, with what is known of discounts and products.

    A row whose counters do not change is written if an order widens the time of its uses.
    """
    seen_rows = counters.find_rows(shop, result.seen)
    writes = []
    for key in dict.fromkeys([*result.counters, *result.seen]):
        columns: dict[str, object] = {}
        if key.figure is Figure.DISCOUNT:
            columns = _use_times(result, key, seen_rows.get(key)) | {"discount_code": codes.get(key.discount_id)}
        elif key.figure is Figure.PRODUCT:
            variant_id, title = result.products.get(key, (None, None))
            columns = {"variant_id": variant_id, "product_title": title, "updated_at": now}
        if key in result.counters or "first_used_at" in columns or "last_used_at" in columns:
            known = {name: value for name, value in columns.items() if value is not None}
            writes.append(CounterWrite(key, result.counters.get(key, {}), known))
    return writes


def _use_times(result: Deltas, key: FigureKey, row: CounterRow | None) -> dict[str, object]:
    """Return the columns of the first and last use that an order of the batch changes."""
    seen = result.seen.get(key)
    if seen is None:
        return {}
    times: dict[str, object] = {}
    stored = row if isinstance(row, DiscountUsage) else None
    if stored is None or stored.first_used_at is None or seen.first < stored.first_used_at:
        times["first_used_at"] = seen.first
    if stored is None or stored.last_used_at is None or seen.last > stored.last_used_at:
        times["last_used_at"] = seen.last
    return times


def _change(news: OrderNews, row: OrderUsage | None, sight: FirstSight, named: _Discounts) -> OrderChange | None:
    """Return the change of an order; None if the messages change nothing."""
    old = order_usages.to_state(row) if row is not None else None
    base = order_state.open_state(old, news.order_id, news.snapshots, sight)
    if base is None:
        seen_at, currency = min(news.seen_at, key=lambda pair: pair[0])
        base = sight.state(news.order_id, seen_at, currency or sight.shop_currency)
    latest = order_state.newest(old, news.snapshots)
    new = order_state.advance(base, news.snapshots, news.refunds, named.attribute(latest))
    return OrderChange(old, new) if new != old else None


def _without_closed(changes: Sequence[OrderChange], days: OpenDays) -> list[OrderChange]:
    """Drop the orders that are archived; count the changes that leave figures of closed days as they are."""
    kept = [change for change in changes if change.new.day >= days.stock_from]
    closed = [change for change in changes if change.new.day < days.figures_from]
    dropped = sum(contribution(change.old) != contribution(change.new) for change in closed)
    if dropped:
        USAGE_DROPPED.count(dropped)
    return kept


def _currency(news: OrderNews) -> str:
    """Return the currency of the order, for a shop whose currency is not known."""
    return next((each.currency for each in news.snapshots if each.currency), None) or next(
        (c for _, c in news.seen_at if c), "USD"
    )


class _Discounts:
    """Our discounts that the orders of a batch name, read together."""

    def __init__(self, shop: str, news: Iterable[OrderNews]) -> None:
        uses = {
            (name, snapshot.created_at)
            for each in news
            for snapshot in each.snapshots
            for line in snapshot.lines
            for allocation in line.allocations
            if allocation.application and (name := name_of(allocation.application))
        }
        self._owners = discount_names.find_owners(shop, sorted(uses))
        rows = discounts.find_with_deleted(shop, sorted(set(self._owners.values())))
        self._rows: dict[str, Discount] = {row.discount_id: row for row in rows if row.had_node}
        self._coded = discount_names.find_owners(shop, sorted(self._code_uses()))
        self.codes = {discount_id: row.discount_code for discount_id, row in self._rows.items()}

    def attribute(self, snapshot: Snapshot | None) -> Attribute:
        """Return the function that finds the discount of an application of this snapshot."""

        def find(application: Application) -> tuple[str, str] | None:
            name = name_of(application)
            row = self._owner(name, snapshot.created_at) if name and snapshot else None
            return (row.discount_id, row.value_type.value) if row else None

        return find

    def _owner(self, name: str, moment: datetime) -> Discount | None:
        """Return the discount that orders of that time name so.

        A title names automatic discounts only: other apps' discounts may have the titles of ours with a code.
        """
        row = self._rows.get(self._owners.get((name, moment), ""))
        if row is None or is_code(name) or row.discount_code is None:
            return row
        return row if self._coded.get((code_name(row.discount_code), moment)) != row.discount_id else None

    def _code_uses(self) -> set[tuple[str, datetime]]:
        """Return the codes of the discounts that are found by their titles, with the times of the orders."""
        found = [(self._rows.get(owner), name, at) for (name, at), owner in self._owners.items()]
        return {
            (code_name(row.discount_code), at)
            for row, name, at in found
            if row is not None and row.discount_code is not None and not is_code(name)
        }
