"""Histories of orders in currencies with 0, 2 and 3 decimals: what the tables hold equals a recomputation."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import Conflict, InvalidInput
from chalicelib.platform.enums import OrderStatus
from tests.platform.store_databases import StoreDatabase, connected_store
from tests.platform.store_orders import PLENTY, change, order_of, place
from tests.platform.store_recount import assert_totals_equal_a_recomputation
from tests.platform.store_rows import add_code, add_customer, add_product

CURRENCIES = {"USD": "3.33", "JPY": "333", "KWD": "3.333"}
SKUS = ("S1", "S2")

placements = st.fixed_dictionaries(
    {
        "items": st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3),
        "currency": st.sampled_from(sorted(CURRENCIES)),
        "code": st.sampled_from([None, "PERCENT", "FIXED"]),
        "has_customer": st.booleans(),
    }
)
steps = st.one_of(placements, st.tuples(st.integers(0, 5), st.sampled_from(OrderStatus)))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(steps, min_size=8, max_size=16))
def test_any_history_leaves_exact_totals_and_counters(either_database: StoreDatabase, history: list[Any]) -> None:
    either_database.prepared.empty()
    store = connected_store(either_database, limits=PLENTY)
    for sku in SKUS:
        add_product(store, sku, CURRENCIES, {"east": 9, "west": 6})
    add_code(store, "PERCENT", "12.5", usage_limit=3)
    add_code(store, "FIXED", "5", value_type="fixed_amount", currency="USD")
    customer, orders = add_customer(store), []
    for step in history:
        try:
            if isinstance(step, dict):
                orders.append(place(store, _body(step, customer)))
            elif orders:
                at = step[0] % len(orders)
                orders[at] = change(store, orders[at], step[1])
        except (Conflict, InvalidInput):
            continue
    assert_totals_equal_a_recomputation(store)


def _body(step: dict[str, Any], customer: str) -> Any:
    fields = {"discount_code": step["code"], "customer_id": customer if step["has_customer"] else None}
    return order_of(*step["items"], currency=step["currency"], shipping_total="7", **fields)
