"""Orders whose process is killed (SIGKILL) at each AWS call, statement and commit, on PostgreSQL and MariaDB."""

from __future__ import annotations

import pytest

from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.repository import stores
from chalicelib.platform.service import store_orders
from chalicelib.platform.store_database.tables import DISCOUNTS, ORDERS
from tests.platform.killed_order import killed_order
from tests.platform.store_databases import StoreDatabase, connected_store
from tests.platform.store_orders import PLENTY, caller_of, order_of
from tests.platform.store_recount import assert_totals_equal_a_recomputation
from tests.platform.store_rows import add_code, add_customer, add_product, rows_of, stock_of
from tests.timeouts import eventually


@pytest.mark.slow
def test_an_order_is_placed_once_however_often_its_process_is_killed(either_database: StoreDatabase) -> None:
    store = connected_store(either_database, limits=PLENTY)
    add_product(store, "TEA", {"USD": "3"}, {"north": 2})
    add_code(store, "ONCE", "10", usage_limit=1)
    body = order_of(("TEA", 2), customer_id=add_customer(store), discount_code="ONCE")
    key = Idempotency.of("k", f"store:{store.id}", "POST /v1/store/orders", b"body")
    kills = 0
    with killed_order() as place:
        while place(store.id, kills + 1, body, key):
            kills += 1
            eventually(lambda: stock_of(store)["north"] == (2, 2 * len(rows_of(store, ORDERS))))
            assert_totals_equal_a_recomputation(store)
    assert kills > 12
    order = store_orders.place_order(caller_of(store), body, key)
    assert [row["id"] for row in rows_of(store, ORDERS)] == [order.id]
    assert rows_of(store, DISCOUNTS)[0]["times_used"] == 1
    assert 1 <= stores.get_store(store.id).order_count <= kills + 1
