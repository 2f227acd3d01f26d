"""Orders in a store's database, on PostgreSQL and MariaDB: amounts, stock, codes, customers and numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import delete, update

from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.errors import (
    DiscountCodeUsedUp,
    InvalidOrder,
    OrderNotFound,
    OrderTransitionRefused,
    OutOfStock,
    PlanLimitReached,
)
from chalicelib.platform.repository import stores
from chalicelib.platform.schemas.store_orders import OrderUpdate
from chalicelib.platform.service import store_order_changes, store_orders, store_quotes
from chalicelib.platform.store_database.tables import CUSTOMERS, DISCOUNTS, INVENTORY, ORDERS, PRICES, PRODUCTS
from tests.platform.store_databases import connected_store
from tests.platform.store_orders import caller_of, change, order_of, place
from tests.platform.store_rows import CREATED, add_code, add_customer, add_product, add_row, execute, rows_of, stock_of

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_an_order_is_stored_with_its_lines_and_amounts(either_database):
    store = connected_store(either_database)
    tea = add_product(store, "TEA", {"USD": "3.50"}, {"north": 10})
    add_product(store, "POT", {"USD": "19.99"})
    customer = add_customer(store)
    discount = add_code(store, "AUTUMN", "15")
    address = {"name": "Ann", "city": "Bern"}
    body = order_of(
        ("TEA", 2),
        ("POT", 1),
        customer_id=customer,
        discount_code=" autumn ",
        tax_total="1.2",
        shipping_total="5",
        shipping_address=address,
    )
    order = place(store, body)
    assert (order.number, order.status, order.customer_id, order.discount_id) == (1, "pending", customer, discount)
    amounts = (order.subtotal, order.discount_total, order.tax_total, order.shipping_total, order.total)
    assert [str(amount) for amount in amounts] == ["26.99", "4.05", "1.20", "5.00", "29.14"]
    assert [(item.sku, item.position, item.location) for item in order.items] == [("TEA", 1, "north"), ("POT", 2, None)]
    [row] = rows_of(store, ORDERS)
    assert row["shipping_address"] == order.shipping_address == address
    assert order.items[0].product_id == tea
    assert stock_of(store) == {"north": (10, 2)}
    assert rows_of(store, DISCOUNTS)[0]["times_used"] == 1


def test_a_quote_has_the_amounts_of_the_order_and_no_effect(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3.50"}, {"north": 10})
    add_code(store, "AUTUMN", "15")
    body = order_of(("TEA", 2), discount_code="AUTUMN")
    quote = store_quotes.quote_order(store, body)
    assert rows_of(store, ORDERS) == []
    assert stock_of(store) == {"north": (10, 0)}
    assert rows_of(store, DISCOUNTS)[0]["times_used"] == 0
    order = place(store, body)
    assert (quote.subtotal, quote.discount_total, quote.total) == (order.subtotal, order.discount_total, order.total)


def test_orders_are_numbered_and_counted_and_a_failed_one_is_given_back(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"}, {"north": 1})
    assert place(store, order_of(("TEA", 1))).number == 1
    with pytest.raises(OutOfStock):
        place(store, order_of(("TEA", 1)))
    row = stores.get_store(store.id)
    assert (row.order_count, row.orders_month, row.order_number) == (1, 1, 2)


def test_orders_are_numbered_after_those_of_an_adopted_database(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"}, {"north": 5})
    amounts = dict.fromkeys(("subtotal", "discount_total", "tax_total", "shipping_total", "total"), Decimal(0))
    for number in (1, 2, 3):
        add_row(store, ORDERS, number=number, currency="USD", placed_at=CREATED, **amounts)
    assert [place(store, order_of(("TEA", 1))).number for _ in range(2)] == [4, 5]
    assert (stores.get_store(store.id).order_count, stock_of(store)) == (2, {"north": (5, 2)})


def test_an_order_over_the_plans_limit_is_refused_and_reserves_nothing(either_database):
    limits = {"max_products": 10, "max_orders_per_month": 1, "max_storage_gb": 1, "max_api_calls_per_month": 10}
    store = connected_store(either_database, limits=limits)
    add_product(store, "TEA", {"USD": "3"}, {"north": 5})
    place(store, order_of(("TEA", 1)))
    with pytest.raises(PlanLimitReached):
        place(store, order_of(("TEA", 1)))
    assert stock_of(store) == {"north": (5, 1)}


def test_an_unknown_customer_is_refused(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"})
    with pytest.raises(InvalidOrder, match=r"body\.customer_id"):
        place(store, order_of(("TEA", 1), customer_id=UNKNOWN))
    assert stores.get_store(store.id).order_count == 0


def test_a_customer_gets_the_prices_of_its_group(either_database):
    store = connected_store(either_database)
    product = add_product(store, "TEA", {"USD": "3"})
    add_row(store, PRICES, product_id=product, currency="USD", amount=Decimal(2), customer_group="trade")
    trader = add_customer(store, customer_group="trade")
    assert place(store, order_of(("TEA", 1), customer_id=trader)).total == 2
    assert place(store, order_of(("TEA", 1), customer_id=add_customer(store))).total == 3
    assert place(store, order_of(("TEA", 1))).total == 3


def test_a_code_at_its_limit_is_refused_and_a_cancelled_order_frees_its_use(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"})
    add_code(store, "ONCE", "10", usage_limit=1)
    order = place(store, order_of(("TEA", 1), discount_code="ONCE"))
    with pytest.raises(DiscountCodeUsedUp):
        place(store, order_of(("TEA", 1), discount_code="ONCE"))
    change(store, order, "cancelled")
    paid = change(store, place(store, order_of(("TEA", 1), discount_code="ONCE")), "paid")
    change(store, paid, "cancelled")
    with pytest.raises(DiscountCodeUsedUp):
        place(store, order_of(("TEA", 1), discount_code="ONCE"))


@pytest.mark.parametrize(
    ("statuses", "stock", "totals"),
    [
        (["paid"], (5, 2), (1, 7)),
        (["paid", "fulfilled"], (3, 0), (1, 7)),
        (["paid", "fulfilled", "refunded"], (3, 0), (0, 0)),
        (["paid", "refunded"], (5, 0), (0, 0)),
        (["paid", "cancelled"], (5, 0), (0, 0)),
        (["cancelled"], (5, 0), (0, 0)),
    ],
)
def test_a_change_of_status_moves_stock_and_the_customers_totals(either_database, statuses, stock, totals):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"}, {"north": 5})
    order = place(store, order_of(("TEA", 2), customer_id=add_customer(store), shipping_total="1"))
    changed = change(store, order, *statuses)
    assert stock_of(store) == {"north": stock}
    [customer] = rows_of(store, CUSTOMERS)
    assert (customer["order_count"], customer["total_spent"]) == totals
    [row] = rows_of(store, ORDERS)
    assert (row["status"], row["version"], changed.version) == (statuses[-1], 1 + len(statuses), 1 + len(statuses))
    times = {name for name in ("paid_at", "fulfilled_at", "cancelled_at", "refunded_at") if row[name]}
    assert times == {f"{status}_at" for status in statuses}


def test_a_change_that_is_not_allowed_changes_nothing(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"}, {"north": 5})
    order = place(store, order_of(("TEA", 2)))
    with pytest.raises(OrderTransitionRefused):
        change(store, order, "fulfilled")
    assert (stock_of(store), rows_of(store, ORDERS)[0]["version"]) == ({"north": (5, 2)}, 1)


def test_a_change_of_an_older_version_is_refused(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"})
    order = place(store, order_of(("TEA", 2)))
    body = OrderUpdate(status=OrderStatus.PAID)
    with pytest.raises(VersionMismatch):
        store_order_changes.change_order(caller_of(store), order.id, body, "2")
    assert store_order_changes.change_order(caller_of(store), order.id, body, "1").version == 2


@pytest.mark.parametrize("order_id", [UNKNOWN, "no-uuid", UNKNOWN.upper().replace("0", "A", 1)])
def test_an_order_that_does_not_exist_is_not_found(either_database, order_id):
    store = connected_store(either_database)
    with pytest.raises(OrderNotFound):
        store_order_changes.change_order(caller_of(store), order_id, OrderUpdate(status=OrderStatus.PAID), None)


def test_an_order_in_another_currency_counts_without_an_amount(either_database):
    store = connected_store(either_database, currency="EUR")
    add_product(store, "TEA", {"JPY": "300"})
    caller = caller_of(store)
    order = store_orders.place_order(
        caller, order_of(("TEA", 1), currency="JPY", customer_id=add_customer(store)), None
    )
    assert str(order.total) == "300"
    assert caller.usage.amount is None
    change(store, order, "paid")
    [customer] = rows_of(store, CUSTOMERS)
    assert (customer["order_count"], customer["total_spent"]) == (1, 0)


def test_a_request_that_is_repeated_after_a_crash_finds_its_order(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"}, {"north": 1})
    key = Idempotency.of("k", f"store:{store.id}", "POST /v1/store/orders", b"body")
    first, second = caller_of(store), caller_of(store)
    order = store_orders.place_order(first, order_of(("TEA", 1)), key)
    assert store_orders.place_order(second, order_of(("TEA", 1)), key) == order
    assert (first.usage.changes, second.usage.changes) == ({"orders": {"created": 1}}, {})
    assert stores.get_store(store.id).order_count == 1


def test_a_deleted_product_leaves_its_orders_changeable(either_database):
    store = connected_store(either_database)
    product = add_product(store, "TEA", {"USD": "3"}, {"north": 5})
    order = change(store, place(store, order_of(("TEA", 2))), "paid")
    execute(store, delete(PRODUCTS).where(PRODUCTS.c.id == product))
    assert change(store, order, "fulfilled").items[0].product_id is None
    assert rows_of(store, INVENTORY) == []


def test_stock_that_was_made_again_is_never_negative(either_database):
    store = connected_store(either_database)
    add_product(store, "TEA", {"USD": "3"}, {"north": 5})
    paid = change(store, place(store, order_of(("TEA", 4))), "paid")
    cancelled = place(store, order_of(("TEA", 1)))
    execute(store, update(INVENTORY).values(quantity=3, reserved=0))
    change(store, cancelled, "cancelled")
    assert stock_of(store) == {"north": (3, 0)}
    change(store, paid, "fulfilled")
    assert stock_of(store) == {"north": (0, 0)}
