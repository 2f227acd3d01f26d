"""Changes of rows with a meaning of their own: products, customers, categories, discounts, inventory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection

from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.models import Store
from chalicelib.platform.repository.usage_logs import iterate_logs_of_hour
from chalicelib.platform.service import store_connections
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client
from tests.timeouts import eventually


@pytest.fixture
def tea(api: httpx2.Client, either_database: StoreDatabase) -> DataClient:
    """A client of an empty store on either dialect."""
    return data_client(api, connected_store(either_database))


def product(number: int) -> dict[str, Any]:
    return {"name": f"n{number}", "slug": f"s{number}", "sku": f"k{number}"}


def product_count(tea: DataClient) -> int:
    return int(Store.get(tea.store.id, consistent_read=True).product_count)


def order_insert(order_id: str, customer_id: str) -> str:
    """Return the statement that inserts a paid order with addresses."""
    return (
        "INSERT INTO {schema}.orders (id, number, customer_id, status, currency, subtotal, discount_total, tax_total,"
        " shipping_total, total, billing_address, shipping_address, placed_at, version, created_at, updated_at) VALUES"
        f" ('{order_id}', 1, '{customer_id}', 'paid', 'EUR', 10, 0, 0, 0, 10, '{{\"city\": \"Oslo\"}}',"
        " '{\"city\": \"Oslo\"}', '2026-01-01 00:00:00', 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
    )


def paths(response: httpx2.Response) -> list[str]:
    return [error["path"] for error in response.json().get("errors", [])]


def test_products_are_counted_and_given_back(tea: DataClient) -> None:
    rows = tea.call("POST", "products", [product(number) for number in range(3)]).json()["items"]
    assert product_count(tea) == 3
    assert tea.call("POST", "products", [product(7), product(1)]).status_code == 409
    assert tea.call("POST", "products", {"name": "x"}).status_code == 422
    assert tea.call("PUT", "products", [{**product(0), "name": "x"}, product(8)]).status_code == 200
    assert product_count(tea) == 4
    assert tea.call("DELETE", f"products/{rows[0]['id']}").status_code == 204
    assert tea.call("DELETE", f"products/{rows[0]['id']}").status_code == 404
    assert product_count(tea) == 3 == len(tea.list("products"))


def test_of_50_parallel_products_at_the_limit_exactly_those_that_fit_are_created(tea: DataClient) -> None:
    tea.call("PUT", "products", [product(number) for number in range(15)])
    with ThreadPoolExecutor(10) as pool:
        responses = list(pool.map(lambda number: tea.call("POST", "products", product(100 + number)), range(50)))
    assert sorted(response.status_code for response in responses) == [201] * 10 + [402] * 40
    refused = next(response.json() for response in responses if response.status_code == 402)
    assert (refused["code"], refused["limit"], refused["used"]) == ("PlanLimitReached", 25, 25)
    assert refused["upgrade_to"] == "starter"
    assert product_count(tea) == 25 == len(tea.list("products", limit=100))
    assert tea.call("PUT", "products", [product(0), product(999)]).status_code == 402
    assert tea.call("GET", "products").status_code == 200


def test_a_deleted_customer_leaves_orders_without_customer_and_addresses(
    tea: DataClient, either_database: StoreDatabase
) -> None:
    customer = tea.add("customers", email="Ann@Example.COM", addresses=[{"city": "Oslo"}])
    assert customer["email"] == "ann@example.com"
    order_id = ids.new()
    either_database.execute(order_insert(order_id, customer["id"]))
    before = tea.call("GET", f"orders/{order_id}").json()
    assert (before["customer_id"], before["total"]) == (customer["id"], "10.00")
    assert before["shipping_address"] == {"city": "Oslo"}
    assert tea.call("DELETE", f"customers/{customer['id']}").status_code == 204
    after = tea.call("GET", f"orders/{order_id}").json()
    assert [after[name] for name in ("customer_id", "billing_address", "shipping_address")] == [None] * 3
    assert after["version"] == 2


def test_an_order_that_is_placed_while_its_customer_is_deleted_keeps_no_addresses(
    tea: DataClient, either_database: StoreDatabase
) -> None:
    customer, order_id = tea.add("customers", email="ann@example.com")["id"], ids.new()
    place = either_database.place
    statement = order_insert(order_id, customer).replace("{schema}", quoted(place.schema, place.server.dialect))
    with (
        store_connections.connect(either_database.prepared.migrator) as connection,
        store_connections.connect(either_database.prepared.migrator) as observer,
        ThreadPoolExecutor(1) as pool,
    ):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        deletion = pool.submit(tea.call, "DELETE", f"customers/{customer}")
        eventually(lambda: deletion.done() or waits_for_lock(observer, place.server.dialect), "the deletion waits")
        connection.commit()
        assert deletion.result().status_code == 204
    order = tea.call("GET", f"orders/{order_id}").json()
    assert [order[name] for name in ("customer_id", "billing_address", "shipping_address")] == [None] * 3


def waits_for_lock(connection: Connection, dialect: Dialect) -> bool:
    """Return whether a transaction of the server waits for a lock."""
    statement = {
        Dialect.POSTGRESQL: "SELECT 'waits', count(*) FROM pg_locks WHERE NOT granted",
        Dialect.MYSQL: "SHOW GLOBAL STATUS LIKE 'innodb_row_lock_current_waits'",
    }[dialect]
    row = connection.exec_driver_sql(statement, execution_options={"no_parameters": True}).one()
    connection.rollback()
    return int(row[1]) > 0


def test_orders_and_their_items_are_not_written_directly(tea: DataClient) -> None:
    for method, path in (
        ("PUT", "orders"),
        ("DELETE", f"orders/{ids.new()}"),
        ("POST", "order_items"),
        ("PUT", "order_items"),
        ("PATCH", f"order_items/{ids.new()}"),
        ("DELETE", f"order_items/{ids.new()}"),
    ):
        response = tea.call(method, path, {"sku": "x"}, if_match='"1"')
        assert (path, response.json()["code"]) == (path, "MethodNotAllowed")
        assert "GET" in response.headers["allow"]


def test_computed_columns_are_read_only(tea: DataClient) -> None:
    item = tea.add("products", **product(1))["id"]
    cases = {
        "customers": ({"email": "a@example.com"}, ["total_spent", "order_count"]),
        "discounts": ({"code": "A", "title": "a", "value_type": "percentage", "value": "10"}, ["times_used"]),
        "inventory": ({"product_id": item, "quantity": 3}, ["reserved"]),
    }
    for table, (columns, computed) in cases.items():
        row = tea.add(table, **columns)
        for name in (*computed, "version", "created_at", "updated_at"):
            response = tea.call("PATCH", f"{table}/{row['id']}", {name: row[name]}, if_match='"1"')
            assert paths(response) == [f"body.{name}"]
            assert paths(tea.call("PUT", table, [{"id": row["id"], name: row[name]}])) == [f"body.0.{name}"]


def test_codes_are_upper_case_and_discounts_keep_their_rules(tea: DataClient) -> None:
    row = tea.add("discounts", code=" summer-10 ", title="t", value_type="percentage", value="12.5")
    assert row["code"] == "SUMMER-10"
    base = {"code": "B", "title": "t", "value_type": "fixed_amount", "value": "5"}
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["body.currency"]),
        ({"currency": "eur"}, ["body.currency"]),
        ({"currency": "JPY", "value": "5.5"}, ["body.value"]),
        ({"currency": "EUR", "value": "0"}, ["body.value"]),
        ({"value_type": "percentage", "value": "100.01"}, ["body.value"]),
        ({"currency": "EUR", "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z"}, ["body.ends_at"]),
        ({"currency": "EUR", "usage_limit": 0}, ["body.usage_limit"]),
        ({"currency": "EUR", "minimum_subtotal": "1.005"}, ["body.minimum_subtotal"]),
    ]
    for columns, expected in cases:
        assert paths(tea.call("POST", "discounts", {**base, **columns})) == expected
    assert paths(tea.call("PATCH", f"discounts/{row['id']}", {"value_type": "fixed_amount"}, if_match='"1"')) == [
        "body.currency"
    ]


def test_stock_cannot_fall_below_what_is_reserved(tea: DataClient, either_database: StoreDatabase) -> None:
    item = tea.add("products", **product(1))["id"]
    row = tea.add("inventory", product_id=item, quantity=5)
    either_database.execute("UPDATE {schema}.inventory SET reserved = 3")
    response = tea.call("PATCH", f"inventory/{row['id']}", {"quantity": 2}, if_match='"1"')
    assert (response.status_code, paths(response)) == (422, ["body.quantity"])
    assert tea.call("PUT", "inventory", [{"product_id": item, "location": "default", "quantity": 3}]).status_code == 200


def test_stock_keeps_its_product_and_location_while_pieces_are_reserved(
    tea: DataClient, either_database: StoreDatabase
) -> None:
    first, second = (tea.add("products", **product(number))["id"] for number in (1, 2))
    row = tea.add("inventory", product_id=first, location="north", quantity=5)
    path = f"inventory/{row['id']}"
    either_database.execute("UPDATE {schema}.inventory SET reserved = 3")
    for name, value in (("product_id", second), ("location", "south")):
        patched = tea.call("PATCH", path, {name: value}, if_match='"1"')
        assert (patched.status_code, paths(patched)) == (422, [f"body.{name}"])
        put = tea.call("PUT", "inventory", [{"id": row["id"], name: value}])
        assert (put.status_code, paths(put)) == (422, [f"body.0.{name}"])
    same = {"product_id": first, "location": "north", "low_stock_threshold": 1}
    assert tea.call("PATCH", path, same, if_match='"1"').status_code == 200
    either_database.execute("UPDATE {schema}.inventory SET reserved = 0")
    moved = {"product_id": second, "location": "south"}
    assert tea.call("PATCH", path, moved, if_match='"2"').status_code == 200


def chain(tea: DataClient, length: int, prefix: str = "c") -> list[dict[str, Any]]:
    """Create categories, each below the one before."""
    body: list[dict[str, Any]] = []
    for number in range(length):
        parent = {"parent_id": body[-1]["id"]} if body else {}
        body.append({"id": ids.new(), "name": prefix, "slug": f"{prefix}{number}", **parent})
    response = tea.call("POST", "categories", list(reversed(body)))
    assert response.status_code == 201, response.text
    return body


def test_categories_have_at_most_ten_levels(tea: DataClient) -> None:
    ten = chain(tea, 10)
    below = {"name": "x", "slug": "x", "parent_id": ten[-1]["id"]}
    assert paths(tea.call("POST", "categories", below)) == ["body.parent_id"]
    other = chain(tea, 3, "d")
    move = f"categories/{other[0]['id']}"
    assert paths(tea.call("PATCH", move, {"parent_id": ten[7]["id"]}, if_match='"1"')) == ["body.parent_id"]
    assert tea.call("PATCH", move, {"parent_id": ten[6]["id"]}, if_match='"1"').status_code == 200
    missing = {"name": "x", "slug": "x", "parent_id": ids.new()}
    assert tea.call("POST", "categories", missing).json()["code"] == "ReferencedRowMissing"


def test_a_category_is_never_its_own_ancestor(tea: DataClient) -> None:
    rows = chain(tea, 3)
    for row in rows:
        response = tea.call("PATCH", f"categories/{rows[0]['id']}", {"parent_id": row["id"]}, if_match='"1"')
        assert paths(response) == ["body.parent_id"]
    swapped = [{"id": rows[1]["id"], "parent_id": rows[2]["id"]}, {"id": rows[2]["id"], "parent_id": rows[1]["id"]}]
    assert paths(tea.call("PUT", "categories", swapped)) == ["body.0.parent_id"]


def test_concurrent_moves_make_no_cycle(tea: DataClient) -> None:
    for attempt in range(5):
        first = tea.add("categories", name="a", slug=f"a{attempt}")["id"]
        second = tea.add("categories", name="b", slug=f"b{attempt}")["id"]

        def move(pair: tuple[str, str]) -> int:
            return tea.call("PATCH", f"categories/{pair[0]}", {"parent_id": pair[1]}, if_match='"1"').status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(move, [(first, second), (second, first)]))
        assert sorted(statuses) == [200, 422]


def test_concurrent_upserts_of_one_code_make_one_row(tea: DataClient) -> None:
    def put(number: int) -> int:
        return tea.call("PUT", "attributes", [{"code": "color", "label": f"l{number}"}]).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(put, range(12)))
    assert statuses == [200] * 12
    rows = tea.list("attributes")
    assert [row["version"] for row in rows] == [12]


def test_concurrent_batches_in_opposite_order_all_succeed(tea: DataClient) -> None:
    codes = [f"c{number}" for number in range(20)]

    def put(number: int) -> int:
        ordered = codes if number % 2 else list(reversed(codes))
        body = [{"code": code, "label": f"l{number}"} for code in ordered]
        return tea.call("PUT", "attributes", body).status_code

    assert put(0) == 200
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(put, range(1, 13)))
    assert statuses == [200] * 12
    assert len(tea.list("attributes")) == 20


def test_the_log_counts_changed_rows(tea: DataClient) -> None:
    tea.call("PUT", "products", [product(1), product(2)])
    tea.call("PUT", "products", [{**product(1), "name": "x"}, product(3)])
    tea.call("DELETE", f"products/{tea.list('products')[0]['id']}")
    logs = iterate_logs_of_hour(tea.store.id, start_of_hour(clock.now()))
    assert [log.changes for log in logs if log.method != "GET"] == [
        {"products": {"created": 2}},
        {"products": {"created": 1, "updated": 1}},
        {"products": {"deleted": 1}},
    ]


def test_a_row_that_another_transaction_holds_is_503(tea: DataClient, either_database: StoreDatabase) -> None:
    row = tea.add("products", **product(1))
    schema = quoted(either_database.place.schema, either_database.place.server.dialect)
    with store_connections.connect(either_database.prepared.migrator) as connection:
        connection.exec_driver_sql(f"UPDATE {schema}.products SET sku = 'held'")
        response = tea.call("PATCH", f"products/{row['id']}", {"name": "b"}, if_match='"1"')
        assert (response.status_code, response.json()["code"]) == (503, "Unavailable")
        assert response.headers["retry-after"]
        connection.rollback()
    assert tea.call("PATCH", f"products/{row['id']}", {"name": "b"}, if_match='"1"').status_code == 200
    assert "held" not in response.text


def test_a_database_without_its_tables_is_503_and_says_no_more(tea: DataClient, either_database: StoreDatabase) -> None:
    either_database.execute("ALTER TABLE {schema}.seo_settings RENAME COLUMN robots TO robots2")
    try:
        response = tea.call("GET", "seo_settings")
        assert (response.status_code, response.json()["code"]) == (503, "Unavailable")
        assert "robots" not in response.text
    finally:
        either_database.execute("ALTER TABLE {schema}.seo_settings RENAME COLUMN robots2 TO robots")
    assert tea.list("seo_settings") == []
