"""Shops' lives, their messages in any order and number, crashes at any call, two workers: the figures are exact."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Refunds, Snapshot
from chalicelib.discounts.models import DiscountName, OrderUsage, UsageJournal
from chalicelib.discounts.service import rebuild
from chalicelib.shops.models import Shop
from infra.local.engine import Engine
from tests.discounts.faults import interrupted_at, killed_at, without_waits
from tests.discounts.recount import TrueLine, TrueOrder, recount
from tests.discounts.usage_factories import (
    SHOP,
    Message,
    order_message,
    order_time,
    put_discount,
    put_shop,
    record,
    refund_message,
    stored_figures,
)

TITLES = ("Autumn", "VIP", "Winter")
ITEMS = ("RED", "BLUE", "gid://shopify/ProductVariant/7")
CUSTOMERS = (None, "gid://shopify/Customer/1", "gid://shopify/Customer/2", "guest:ab12")
ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles")
TYPES = {"d1": "percentage", "d2": "fixed_amount"}

lines = st.tuples(
    st.sampled_from(ITEMS),
    st.integers(1, 3),
    st.integers(0, 999),
    st.lists(st.sampled_from(TITLES), max_size=2, unique=True),
)


@dataclass
class Order:
    """An order at the shop: its present snapshot, and the discounts of its titles when it was placed."""

    order_id: str
    snapshot: Snapshot
    owners: dict[str, str | None]
    refunds: dict[str, dict[str, int]] = field(default_factory=dict)


class ShopLife(RuleBasedStateMachine):
    """A shop whose every step sends messages, and workers that count them."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.engine.restore()
        put_shop()
        self.orders: list[Order] = []
        self.messages: list[Message] = []
        self.seconds = itertools.count(1)
        self.holders: dict[str, str] = {}

    @initialize()
    def open_shop(self) -> None:
        for discount_id, title in (("d1", "Autumn"), ("d2", "VIP")):
            put_discount(SHOP, discount_id, title, TYPES[discount_id])
            self.holders[title] = discount_id

    @property
    def now(self) -> datetime:
        return order_time() + timedelta(seconds=next(self.seconds))

    def send(self, order: Order, change: dict[str, Any]) -> None:
        key = f"{next(self.seconds):06}"
        order.snapshot = replace(order.snapshot, key=key, refunds=dict(order.refunds), **change)
        self.messages.append(order_message(order.order_id, order.snapshot))

    @rule(drawn=st.lists(lines, min_size=1, max_size=2), customer=st.sampled_from(CUSTOMERS), hours=st.integers(0, 9))
    def place_order(self, drawn: list[Any], customer: str | None, hours: int) -> None:
        created_at = self.now
        rows = [
            SnapshotLine(
                Line(f"l{number}", item, quantity, quantity, Decimal(999).scaleb(-2)),
                tuple(Allocation(Application(title, None), Decimal(cents + 1).scaleb(-2)) for title in titles),
            )
            for number, (item, quantity, cents, titles) in enumerate(drawn)
        ]
        owners = {title: self.holders.get(title) for title in TITLES}
        snapshot = Snapshot("", created_at, "USD", customer, tuple(rows))
        order = Order(f"gid://shopify/Order/{len(self.orders) + 1}", snapshot, owners)
        self.orders.append(order)
        self.send(order, {})

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), change=st.sampled_from(["edit", "cancel", "void", "customer", "refund"]))
    def change_order(self, data: st.DataObject, change: str) -> None:
        order = data.draw(st.sampled_from(self.orders))
        if change == "refund":
            line = data.draw(st.sampled_from(order.snapshot.lines)).line
            refund: Refunds = {f"r{next(self.seconds)}": {line.line_id: data.draw(st.integers(0, line.quantity))}}
            order.refunds |= {each: dict(units) for each, units in refund.items()}
            self.messages.append(refund_message(order.order_id, refund, order.snapshot.created_at))
            if data.draw(st.booleans()):
                self.send(order, {})
        elif change == "edit":
            first = order.snapshot.lines[0]
            left = data.draw(st.integers(0, first.line.quantity))
            edited = replace(first, line=replace(first.line, current_quantity=left))
            self.send(order, {"lines": (edited, *order.snapshot.lines[1:])})
        elif change == "customer":
            self.send(order, {"customer": data.draw(st.sampled_from(CUSTOMERS))})
        elif change == "void":
            self.send(order, {"is_void": not order.snapshot.is_void})
        else:
            self.send(order, {"cancelled_at": order.snapshot.cancelled_at or self.now})

    @precondition(lambda self: self.holders)
    @rule(data=st.data(), is_deleted=st.booleans())
    def rename_or_delete_discount(self, data: st.DataObject, is_deleted: bool) -> None:
        title = data.draw(st.sampled_from(sorted(self.holders)))
        discount_id, until = self.holders.pop(title), self.now
        row = DiscountName.get(SHOP, f"title:{title.casefold()}")
        row.delete()
        former = f"{row.name}#{until.isoformat(timespec='microseconds').replace('+00:00', 'Z')}"
        DiscountName(SHOP, former, discount_id=discount_id, kind=row.kind, since=row.since, until=until).save()
        free = [each for each in TITLES if each not in self.holders]
        if not is_deleted:
            other = data.draw(st.sampled_from(free))
            self.holders[other] = discount_id
            DiscountName(
                SHOP, f"title:{other.casefold()}", discount_id=discount_id, kind=row.kind, since=self.now
            ).save()

    @rule(zone=st.sampled_from(ZONES))
    def move_shop(self, zone: str) -> None:
        Shop(SHOP, "discounts").update([Shop.iana_timezone.set(zone)])

    @precondition(lambda self: self.messages)
    @rule(
        data=st.data(), number=st.integers(4, 22), how=st.sampled_from(["before-call", "after-call", "other", "whole"])
    )
    def count(self, data: st.DataObject, number: int, how: str) -> None:
        batch = data.draw(st.lists(st.sampled_from(self.messages), min_size=1, max_size=6))
        if how == "whole":
            assert record(batch) == []
        elif how == "other":
            other = data.draw(st.lists(st.sampled_from(self.messages), min_size=1, max_size=6))
            interrupted_at(number, lambda: record(batch), lambda: record(other))
        else:
            killed_at(number, how, lambda: record(batch))

    def teardown(self) -> None:
        if not self.messages:
            return
        assert record(self.messages) == []
        head = UsageJournal.get(SHOP)
        assert head.open_key is None
        assert rebuild.check_usage(SHOP) == rebuild.RebuildResult(len(self.orders), 0)
        days = {row.order_id: row.day for row in OrderUsage.query(SHOP)}
        assert stored_figures() == recount(self.true_order(order, days[order.order_id]) for order in self.orders)

    def true_order(self, order: Order, day: Any) -> TrueOrder:
        snapshot = order.snapshot
        returned: dict[str, int] = {}
        for units in order.refunds.values():
            for line_id, count in units.items():
                returned[line_id] = returned.get(line_id, 0) + count
        return TrueOrder(
            day,
            snapshot.created_at,
            snapshot.customer,
            not snapshot.cancelled_at and not snapshot.is_void,
            tuple(
                TrueLine(
                    each.line.item,
                    each.line.quantity,
                    max(
                        0,
                        min(each.line.current_quantity, each.line.quantity - returned.get(each.line.line_id, 0)),
                    ),
                    each.line.price,
                    False,
                    tuple((self.owner(order, a), a.amount) for a in each.allocations),
                )
                for each in snapshot.lines
            ),
        )

    def owner(self, order: Order, allocation: Allocation) -> tuple[str, str] | None:
        title = allocation.application.title if allocation.application else None
        discount_id = order.owners.get(title or "")
        return (discount_id, TYPES[discount_id]) if discount_id else None


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with without_waits():
        yield


def test_figures_are_exact_after_any_life(engine: Engine) -> None:
    ShopLife.engine = engine
    run_state_machine_as_test(ShopLife, settings=settings(max_examples=25, stateful_step_count=15))
