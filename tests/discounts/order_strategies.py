"""Lives of orders for property tests: snapshots and refunds in every order, with what they amount to in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Refunds, Snapshot
from tests.discounts.recount import TrueLine, TrueOrder

BEGINNING = datetime(2026, 11, 1, 20, tzinfo=UTC)
OURS = {"Autumn": ("d1", "percentage"), "VIP": ("d2", "fixed_amount"), "Winter": ("d3", "percentage")}
"""Our discounts by title: id and value type."""
TITLES = (*OURS, "Foreign")
ITEMS = ("RED", "BLUE", "gid://shopify/ProductVariant/7", "constructor")
CUSTOMERS = (None, "gid://shopify/Customer/1", "gid://shopify/Customer/2", "guest:ab12")


def attribute(application: Application) -> tuple[str, str] | None:
    """Return our discount with this title."""
    return OURS.get(application.title or "")


@dataclass(frozen=True)
class Life:
    """The messages of an order, and its final state."""

    order_id: str
    snapshots: tuple[Snapshot, ...]
    refunds: tuple[Refunds, ...]
    """Refunds that come as messages of their own; the snapshots after them hold them, too."""

    @property
    def final(self) -> TrueOrder:
        """What the order is in the end."""
        newest = max(self.snapshots, key=lambda snapshot: snapshot.key)
        is_cancelled = any(each.cancelled_at for each in self.snapshots)
        union: dict[str, dict[str, int]] = {}
        for each in (*self.refunds, *(snapshot.refunds for snapshot in self.snapshots)):
            union.update({refund_id: dict(lines) for refund_id, lines in each.items()})
        return TrueOrder(
            day=newest.created_at.date(),
            created_at=newest.created_at,
            customer=newest.customer,
            is_counted=not is_cancelled and not newest.is_void,
            lines=tuple(_true_line(each, union) for each in newest.lines),
        )


def _true_line(each: SnapshotLine, refunds: dict[str, dict[str, int]]) -> TrueLine:
    line = each.line
    returned = sum(lines.get(line.line_id, 0) for lines in refunds.values())
    return TrueLine(
        line.item,
        line.quantity,
        max(0, min(line.current_quantity, line.quantity - returned)),
        line.price,
        line.gift_card,
        tuple(
            (attribute(each.application) if each.application else None, each.amount)
            for each in each.allocations
            if each.amount
        ),
    )


amounts = st.integers(0, 5_000).map(lambda cents: Decimal(cents).scaleb(-2))


@st.composite
def _snapshot_lines(draw: st.DrawFn, number: int) -> SnapshotLine:
    quantity = draw(st.integers(1, 5))
    titles = draw(st.lists(st.sampled_from(TITLES), max_size=2, unique=True))
    line = Line(
        line_id=f"l{number}",
        item=draw(st.sampled_from([*ITEMS, None])),
        quantity=quantity,
        current_quantity=quantity,
        price=draw(amounts),
        gift_card=draw(st.sampled_from([False, False, False, True])),
    )
    return SnapshotLine(line, tuple(Allocation(Application(title, None), draw(amounts)) for title in titles))


@st.composite
def lives(draw: st.DrawFn, number: int, beginning: datetime = BEGINNING) -> Life:
    """Draw the life of an order: its creation within 48 hours of `beginning`, then edits, refunds, a void payment and a cancellation."""
    created_at = beginning + timedelta(hours=draw(st.integers(0, 48)))
    present = Snapshot(
        key="",
        created_at=created_at,
        currency="USD",
        customer=draw(st.sampled_from(CUSTOMERS)),
        lines=tuple(draw(_snapshot_lines(each)) for each in range(draw(st.integers(0, 3)))),
    )
    snapshots: list[Snapshot] = []
    refunds: list[Refunds] = []
    known: dict[str, Mapping[str, int]] = {}
    steps: Sequence[str] = draw(st.lists(st.sampled_from(["edit", "refund", "cancel", "void", "same"]), max_size=4))
    for step_number, step in enumerate(["create", *steps]):
        if step == "refund" and present.lines:
            line = draw(st.sampled_from(present.lines)).line
            refund = {f"r{number}-{step_number}": {line.line_id: draw(st.integers(0, line.quantity))}}
            refunds.append(refund)
            known |= refund
        present = replace(_stepped(draw, present, step, created_at), key=f"{step_number:03}", refunds=dict(known))
        if step != "refund" or draw(st.booleans()):
            snapshots.append(present)
    return Life(f"gid://shopify/Order/{number}", tuple(snapshots), tuple(refunds))


def _stepped(draw: st.DrawFn, present: Snapshot, step: str, created_at: datetime) -> Snapshot:
    if step == "edit" and present.lines:
        changed = []
        for each in present.lines:
            if draw(st.booleans()):
                current = draw(st.integers(0, each.line.quantity))
                each = replace(each, line=replace(each.line, current_quantity=current))
            changed.append(each)
        return replace(present, lines=tuple(changed), customer=draw(st.sampled_from(CUSTOMERS)))
    if step == "cancel":
        return replace(present, cancelled_at=created_at + timedelta(hours=1))
    if step == "void":
        return replace(present, is_void=draw(st.booleans()))
    return present


def local_day(moment: datetime) -> date:
    """Return the day in UTC."""
    return moment.date()
