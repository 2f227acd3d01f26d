"""Write units, memory and the size of a customer's row against the budget of the specification."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.discounts.domain.customer_figures import MAX_KEYS
from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Snapshot
from chalicelib.discounts.models import CustomerInsight
from chalicelib.kit import aws
from tests.discounts.faults import without_waits
from tests.discounts.usage_factories import SHOP, Message, order_message, order_time, put_discount, put_shop, record

KEYS = 20
FIGURES = ("discount_analytics", "discount_daily", "daily_discount_stats", "usage_journals")
PRODUCTS = ("product_performance", "inventory_impact")


@pytest.fixture(autouse=True)
def _shop(engine: Any) -> Iterator[None]:
    put_shop()
    put_discount(SHOP, "d1", "Autumn")
    with without_waits():
        yield


def one_line_order(number: int, **changes: Any) -> Message:
    line = Line("gid://shopify/LineItem/1", f"SKU-{number % KEYS}", 1, 1, Decimal(10), title="A warm blanket")
    shares = (Allocation(Application("Autumn", None), Decimal(1)),)
    customer = f"gid://shopify/Customer/{number}"
    values = {"key": "1", "created_at": order_time(), "currency": "USD", "customer": customer, **changes}
    return order_message(f"gid://shopify/Order/{number}", Snapshot(lines=(SnapshotLine(line, shares),), **values))


def write_units(work: Callable[[], object]) -> dict[str, float]:
    """Return the write units of the work by table."""
    units: dict[str, float] = {}

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in ("PutItem", "UpdateItem"):
            used = parsed["ConsumedCapacity"]
            table = used["TableName"].rpartition("-")[2]
            units[table] = units.get(table, 0) + used["CapacityUnits"]

    events = aws.client("dynamodb").meta.events
    events.register("after-call", note)
    try:
        work()
    finally:
        events.unregister("after-call", note)
    return units


@pytest.mark.parametrize("size", [1, 100, 1_000])
def test_a_batch_costs_what_the_budget_says(size: int) -> None:
    warm = [one_line_order(number) for number in range(10_000, 10_000 + KEYS)]
    assert record(warm) == []  # the keys are known
    batch = [one_line_order(number) for number in range(size)]
    units = write_units(lambda: record(batch))
    keys = min(size, KEYS)
    assert sum(units[table] for table in FIGURES) == 2 * keys + 3 <= 45
    assert sum(units[table] for table in (*FIGURES, *PRODUCTS)) == 4 * keys + 3 <= 90
    assert units["order_usages"] == 2 * size  # one more at its first, for the index of its customer
    assert units["customer_insights"] == 2 * size  # one more when the segment changes

    paid = [one_line_order(number, key="2") for number in range(size)]
    again = write_units(lambda: record(paid))
    assert again == {"order_usages": size, "customer_insights": size, "usage_journals": 2}
    assert write_units(lambda: record(batch + paid)) == {}


def test_a_batch_of_1000_needs_little_memory() -> None:
    batch = [one_line_order(number) for number in range(1_000)]
    tracemalloc.start()
    try:
        assert record(batch) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000  # beside an interpreter of about 100 MB


def test_the_row_of_a_customer_of_many_uses_stays_below_6_kb() -> None:
    customer = "gid://shopify/Customer/7654321098765"
    for part in range(4):
        batch = []
        for number in range(75):
            use = part * 75 + number
            line = Line("l1", f"SKU-{use}", 1, 1, Decimal("123456.78"))
            shares = (Allocation(Application("Autumn", None), Decimal("1234.56")),)
            created_at = order_time() - timedelta(days=use % 95)
            snapshot = Snapshot("1", created_at, "USD", customer, (SnapshotLine(line, shares),))
            batch.append(order_message(f"gid://shopify/Order/{use}", snapshot))
        assert record(batch) == []
    row = CustomerInsight.get(SHOP, customer)
    assert (len(row.uses), row.total_discounts_used) == (MAX_KEYS, 300)
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in row.serialize().items())
    assert 4_000 < size < 6_000
