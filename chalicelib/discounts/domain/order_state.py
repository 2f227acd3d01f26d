"""The state of an order from its newest snapshot, refunds and cancellation, in any order of arrival.

The newest snapshot is the one with the largest key; refunds are united; a cancellation stays. The day is that of the
order's creation in the shop's time zone when the order was first seen, and never moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from chalicelib.discounts.domain.currency_keys import currency_suffix
from chalicelib.discounts.domain.order_lines import Attribute, OrderLineState, SnapshotLine, attribute_lines

Refunds = Mapping[str, Mapping[str, int]]
"""Refund id -> line id -> units."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An order as one message has it. `key` sorts the snapshots of an order: updated_at, triggered_at, message_id."""

    key: str
    created_at: datetime
    currency: str | None
    """None if the message has no currency; the shop's currency applies then."""
    customer: str | None
    lines: tuple[SnapshotLine, ...]
    is_void: bool = False
    """Whether the order counts for nothing: its payment was voided, or it is a test."""
    cancelled_at: datetime | None = None
    refunds: Refunds = field(default_factory=dict)
    ab_mark: str | None = None
    """The order's mark of an A/B test, `<test>.<variant>.<visitor>`; None without a genuine one."""


@dataclass(frozen=True, slots=True)
class OrderState:
    """The stored state of an order. Without a snapshot (`snapshot_key` is empty) it has only refunds."""

    order_id: str
    day: date
    created_at: datetime
    currency: str
    suffix: str = ""
    """The end of its figures' keys if its currency was not the shop's when it was first seen (`currency_keys`)."""
    snapshot_key: str = ""
    customer: str | None = None
    had_customer: bool = False
    """Whether the order had a customer; if it has none now, that customer was erased."""
    lines: tuple[OrderLineState, ...] = ()
    is_void: bool = False
    cancelled_at: datetime | None = None
    refunds: Refunds = field(default_factory=dict)
    ab_mark: str | None = None
    """As the snapshot's; the visitor is empty once the customer was erased, and stays so."""

    @property
    def is_counted(self) -> bool:
        """Whether the order counts: it is neither cancelled nor void, and it has a snapshot."""
        return bool(self.snapshot_key) and self.cancelled_at is None and not self.is_void

    def returned(self) -> dict[str, int]:
        """Return the refunded units of each line."""
        units: dict[str, int] = {}
        for lines in self.refunds.values():
            for line_id, count in lines.items():
                units[line_id] = units.get(line_id, 0) + count
        return units


@dataclass(frozen=True, slots=True)
class FirstSight:
    """The values that are fixed when an order is first seen: the local day of a time, and the shop's currency."""

    local_day: Callable[[datetime], date]
    shop_currency: str

    def state(self, order_id: str, created_at: datetime, currency: str) -> OrderState:
        """Return the state of an unknown order."""
        suffix = "" if currency == self.shop_currency else currency_suffix(currency)
        return OrderState(order_id, self.local_day(created_at), created_at, currency, suffix)


def open_state(
    stored: OrderState | None, order_id: str, snapshots: Iterable[Snapshot], sight: FirstSight
) -> OrderState | None:
    """Return the stored state, or a new one at the order's first snapshot; None if it has neither.

    A stored state without a snapshot gives its refunds to the new one.
    """
    if stored is not None and stored.snapshot_key:
        return stored
    first = max(snapshots, key=lambda snapshot: snapshot.key, default=None)
    if first is None:
        return stored
    state = sight.state(order_id, first.created_at, first.currency or sight.shop_currency)
    return replace(state, refunds=stored.refunds) if stored else state


def newest(stored: OrderState | None, snapshots: Iterable[Snapshot]) -> Snapshot | None:
    """Return the newest of the snapshots; None if the stored state is as new."""
    best = max(snapshots, key=lambda snapshot: snapshot.key, default=None)
    return best if best and (stored is None or best.key > stored.snapshot_key) else None


def advance(
    stored: OrderState, snapshots: Iterable[Snapshot], refunds: Iterable[Refunds], attribute: Attribute
) -> OrderState:
    """Return the state after these snapshots and refunds. Repeating or reordering them gives the same state."""
    every = list(snapshots)
    cancelled = [at for at in (stored.cancelled_at, *(each.cancelled_at for each in every)) if at]
    state = replace(
        stored,
        refunds=unite_refunds([stored.refunds, *(each.refunds for each in every), *refunds]),
        cancelled_at=min(cancelled, default=None),
    )
    latest = newest(stored, every)
    if latest is None:
        return state
    return replace(
        state,
        snapshot_key=latest.key,
        customer=latest.customer,
        had_customer=latest.customer is not None or (stored.had_customer and stored.customer is None),
        lines=attribute_lines(latest.lines, attribute, {line.line_id: line for line in stored.lines}),
        is_void=latest.is_void,
        ab_mark=stored.ab_mark or latest.ab_mark,
    )


def unite_refunds(refunds: Iterable[Refunds]) -> dict[str, dict[str, int]]:
    """Return the union of refunds; of two versions of one refund, each line's larger number of units."""
    union: dict[str, dict[str, int]] = {}
    for each in refunds:
        for refund_id, lines in each.items():
            known = union.setdefault(refund_id, {})
            for line_id, units in lines.items():
                known[line_id] = max(units, known.get(line_id, 0))
    return {refund_id: dict(sorted(lines.items())) for refund_id, lines in sorted(union.items())}
