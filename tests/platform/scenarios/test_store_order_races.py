"""Concurrent orders of a store, on PostgreSQL and MariaDB: pieces, codes and totals stay exact."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.repository import stores
from chalicelib.platform.service import store_orders
from chalicelib.platform.store_database.tables import DISCOUNTS, ORDERS
from tests.platform.store_databases import connected_store
from tests.platform.store_orders import PLENTY, caller_of, change, order_of, place
from tests.platform.store_recount import assert_totals_equal_a_recomputation
from tests.platform.store_rows import add_code, add_customer, add_product, rows_of, stock_of

R = TypeVar("R")


def run_at_once(works: list[Callable[[], R]]) -> list[R | str]:
    """Run each work in a thread of its own, all starting together; return results, and the codes of problems.

    As a client would, a thread retries what the API asks it to retry (503).
    """
    barrier = Barrier(len(works))

    def run(work: Callable[[], R]) -> R | str:
        barrier.wait()
        while True:
            try:
                return work()
            except Unavailable:
                continue
            except Problem as problem:
                return problem.code

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def codes(results: Sequence[object]) -> Counter[str]:
    return Counter(result if isinstance(result, str) else "ok" for result in results)


def test_fifty_orders_for_ten_pieces_sell_exactly_ten(either_database):
    store = connected_store(either_database, limits=PLENTY)
    add_product(store, "TEA", {"USD": "3"}, {"north": 10})
    results = run_at_once([lambda: place(store, order_of(("TEA", 1)))] * 50)
    assert codes(results) == {"ok": 10, "OutOfStock": 40}
    assert stock_of(store) == {"north": (10, 10)}
    orders = rows_of(store, ORDERS)
    assert len({order["number"] for order in orders}) == len(orders) == stores.get_store(store.id).order_count == 10


def test_orders_at_once_use_up_every_location(either_database):
    store = connected_store(either_database, limits=PLENTY)
    add_product(store, "TEA", {"USD": "3"}, {"east": 4, "north": 3, "west": 5})
    results = run_at_once([lambda: place(store, order_of(("TEA", 1)))] * 20)
    assert codes(results) == {"ok": 12, "OutOfStock": 8}
    assert stock_of(store) == {"east": (4, 4), "north": (3, 3), "west": (5, 5)}


def test_fifty_uses_of_a_code_with_limit_one_give_one_discount(either_database):
    store = connected_store(either_database, limits=PLENTY)
    add_product(store, "TEA", {"USD": "3"}, {"north": 100})
    add_code(store, "ONCE", "10", usage_limit=1)
    results = run_at_once([lambda: place(store, order_of(("TEA", 1), discount_code="ONCE"))] * 50)
    assert codes(results) == {"ok": 1, "DiscountCodeUsedUp": 49}
    assert rows_of(store, DISCOUNTS)[0]["times_used"] == 1
    assert stock_of(store) == {"north": (100, 1)}


def test_an_order_that_is_paid_and_cancelled_at_once_has_one_history(either_database):
    store = connected_store(either_database, limits=PLENTY)
    add_product(store, "TEA", {"USD": "3"}, {"north": 100})
    customer = add_customer(store)
    order = place(store, order_of(("TEA", 1), customer_id=customer))
    run_at_once([partial(change, store, order, status) for status in ("paid", "cancelled") * 5])
    [row] = rows_of(store, ORDERS)
    assert (row["status"], stock_of(store)) == ("cancelled", {"north": (100, 0)})
    assert row["version"] == (3 if row["paid_at"] else 2)
    assert_totals_equal_a_recomputation(store)


def test_a_repeated_key_places_one_order_of_concurrent_requests(either_database):
    store = connected_store(either_database, limits=PLENTY)
    add_product(store, "TEA", {"USD": "3"}, {"north": 100})
    key = Idempotency.of("k", f"store:{store.id}", "POST /v1/store/orders", b"body")
    run_at_once([lambda: store_orders.place_order(caller_of(store), order_of(("TEA", 1)), key)] * 10)
    assert len(rows_of(store, ORDERS)) == stores.get_store(store.id).order_count == 1
    assert stock_of(store) == {"north": (100, 1)}


def test_random_orders_and_changes_at_once_leave_exact_totals(either_database):
    store = connected_store(either_database, limits=PLENTY)
    skus = [f"S{number}" for number in range(4)]
    for sku in skus:
        add_product(store, sku, {"USD": "3.33", "JPY": "300"}, {"east": 12, "west": 12})
    customers = [add_customer(store) for _ in range(2)]
    add_code(store, "MANY", "12.5", usage_limit=8)

    def life(seed: int) -> None:
        rng = random.Random(seed)
        body = order_of(
            *[(sku, rng.randint(1, 3)) for sku in rng.sample(skus, 3)],
            currency=rng.choice(["USD", "JPY"]),
            customer_id=rng.choice(customers),
            discount_code=rng.choice([None, "MANY"]),
        )
        order = place(store, body)
        for status in rng.choice(
            [[], ["paid"], ["cancelled"], ["paid", "fulfilled", "refunded"], ["paid", "fulfilled"]]
        ):
            while order.status != status:
                try:
                    order = change(store, order, status)
                except Unavailable:
                    continue

    run_at_once([partial(life, seed) for seed in range(24)])
    assert_totals_equal_a_recomputation(store)
    assert stores.get_store(store.id).order_count == len(rows_of(store, ORDERS))
