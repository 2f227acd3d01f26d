"""`/v1/store/orders`, `/quote`, `/adjustments` over HTTP: scopes, refusals, idempotency, the same answers on all kinds."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import ids
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.models import ApiUsageLog
from chalicelib.platform.store_database.tables import INVENTORY
from tests.platform.store_databases import DataClient, connected_store, data_client
from tests.platform.store_rows import add_code, add_customer, add_product, rows_of, stock_of

TEA = {"currency": "USD", "items": [{"sku": "TEA", "quantity": 2}]}


@pytest.fixture
def client(api: Any, shared_database: Any) -> DataClient:
    """The owner of a store that sells tea for 3.50 USD, with 10 pieces in the north."""
    store = connected_store(shared_database)
    add_product(store, "TEA", {"USD": "3.50"}, {"north": 10})
    return data_client(api, store)


def test_an_order_has_the_same_answer_on_each_kind_of_database(api, any_database):
    store = connected_store(any_database)
    add_product(store, "TEA", {"USD": "3.50"}, {"Zürich": 10, "north": 1})
    add_product(store, "POT", {"USD": "19.99"})
    add_code(store, "FIVE", "5", value_type="fixed_amount", currency="USD")
    client = data_client(api, store)
    body = {
        "currency": "USD",
        "customer_id": add_customer(store).upper(),
        "items": [{"sku": "TEA", "quantity": 2}, {"sku": "POT", "quantity": 1}],
        "discount_code": "five",
        "tax_total": "1.2",
        "billing_address": {"name": "Zoë"},
    }
    quote = client.call("POST", "quote", body | {"billing_address": None})
    assert quote.status_code == 422
    body_of_quote = {name: value for name, value in body.items() if name != "billing_address"}
    quote = client.call("POST", "quote", body_of_quote)
    answer = client.call("POST", "orders", body)
    assert (quote.status_code, answer.status_code) == (200, 201)
    order = answer.json()
    amounts = ("subtotal", "discount_total", "tax_total", "shipping_total", "total")
    assert [order[name] for name in amounts] == ["26.99", "5.00", "1.20", "0.00", "23.19"]
    assert [quote.json()[name] for name in amounts] == [order[name] for name in amounts]
    lines = ("sku", "quantity", "unit_price", "discount_amount", "total", "location")
    assert [[item[name] for name in lines] for item in order["items"]] == [
        ["TEA", 2, "3.50", "1.30", "5.70", "Zürich"],
        ["POT", 1, "19.99", "3.70", "16.29", None],
    ]
    assert [[item[name] for name in lines] for item in quote.json()["items"]] == [
        [item[name] for name in lines] for item in order["items"]
    ]
    paid = client.call("PATCH", f"orders/{order['id']}", {"status": "paid"}, if_match='"1"')
    assert (paid.status_code, paid.headers["ETag"], paid.json()["status"]) == (200, '"2"', "paid")
    stored = client.call("GET", f"orders/{order['id']}")
    assert stored.headers["ETag"] == paid.headers["ETag"]
    assert stored.json() == {name: value for name, value in paid.json().items() if name != "items"}
    assert client.list("orders")[0]["id"] == order["id"]


@pytest.mark.parametrize("path", ["orders", "adjustments", "quote"])
@pytest.mark.parametrize("scope", KeyScope)
def test_a_key_does_what_its_scope_allows(client, path, scope):
    bodies = {"orders": TEA, "quote": TEA, "adjustments": {"product_id": ids.new(), "delta": 1}}
    allowed = scope is KeyScope.WRITE or (scope is KeyScope.READ and path == "quote")
    assert (client.scoped(scope).call("POST", path, bodies[path]).status_code != 403) == allowed


@pytest.mark.parametrize("scope", [KeyScope.READ, KeyScope.CATALOGUE])
def test_a_key_that_reads_changes_no_order(client, scope):
    order = client.call("POST", "orders", TEA).json()
    assert client.scoped(scope).call("PATCH", f"orders/{order['id']}", {"status": "paid"}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"currency": "usd"}, "body.currency"),
        ({"customer_id": "me"}, "body.customer_id"),
        ({"customer_id": "00000000-0000-4000-8000-000000000000"}, "body.customer_id"),
        ({"items": []}, "body.items"),
        ({"items": [{"sku": "TEA", "quantity": 0}]}, "body.items.0.quantity"),
        ({"items": [{"sku": "TEA", "quantity": 1.5}]}, "body.items.0.quantity"),
        ({"items": [{"sku": "TE\0A", "quantity": 1}]}, "body.items.0.sku"),
        ({"items": [{"sku": "tea", "quantity": 1}]}, "body.items.0.sku"),
        ({"items": [{"sku": "' OR 1=1 --", "quantity": 1}]}, "body.items.0.sku"),
        ({"items": [{"sku": "TEA", "quantity": 1, "unit_price": "0"}]}, "body.items.0.unit_price"),
        ({"discount_code": "NONE"}, "body.discount_code"),
        ({"tax_total": "-1"}, "body.tax_total"),
        ({"tax_total": "0.001"}, "body.tax_total"),
        ({"tax_total": "NaN"}, "body.tax_total"),
        ({"shipping_total": "1e15"}, "body.shipping_total"),
        ({"billing_address": {"name": "\0"}}, "body.billing_address.name"),
        ({"total": "0"}, "body.total"),
        ({"number": 7}, "body.number"),
    ],
)
def test_an_invalid_order_is_refused_and_its_field_named(client, changes, path):
    answer = client.call("POST", "orders", TEA | changes)
    assert answer.status_code == 422, answer.text
    assert path in [error["path"] for error in answer.json()["errors"]]
    assert stock_of(client.store) == {"north": (10, 0)}


def test_an_order_of_too_many_pieces_is_refused(client):
    answer = client.call("POST", "orders", TEA | {"items": [{"sku": "TEA", "quantity": 11}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "OutOfStock")
    assert answer.json()["errors"][0]["path"] == "body.items.0"


def test_a_repeated_key_has_the_same_answer_and_one_order(client):
    first = client.call("POST", "orders", TEA, idempotency_key="k")
    second = client.call("POST", "orders", TEA, idempotency_key="k")
    other = client.call("POST", "orders", TEA | {"shipping_total": "1"}, idempotency_key="k")
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 409
    assert stock_of(client.store) == {"north": (10, 2)}


def test_a_change_that_its_status_does_not_allow_is_a_conflict(client):
    order = client.call("POST", "orders", TEA).json()
    answer = client.call("PATCH", f"orders/{order['id']}", {"status": "refunded"})
    assert (answer.status_code, answer.json()["code"]) == (409, "OrderTransitionRefused")
    assert client.call("PATCH", f"orders/{order['id']}", {"status": "sent"}).status_code == 422
    assert client.call("PATCH", f"orders/{order['id']}", {"status": "paid"}, if_match='"9"').status_code == 412
    assert client.call("PATCH", f"orders/{ids.new()}", {"status": "paid"}).status_code == 404


@pytest.mark.parametrize(
    ("location", "delta", "status", "pieces"),
    [("north", 5, 200, 15), ("north", -8, 200, 2), ("north", -9, 409, 10), ("south", 5, 404, 10)],
)
def test_an_adjustment_leaves_the_reserved_pieces(client, location, delta, status, pieces):
    client.call("POST", "orders", TEA)
    [row] = rows_of(client.store, INVENTORY)
    body = {"product_id": row["product_id"], "location": location, "delta": delta}
    answer = client.call("POST", "adjustments", body)
    assert answer.status_code == status
    assert stock_of(client.store) == {"north": (pieces, 2)}
    if status == 200:
        assert client.call("GET", f"inventory/{row['id']}").json() == answer.json()


def test_an_adjustment_beyond_the_column_is_refused(client):
    [row] = rows_of(client.store, INVENTORY)
    body = {"product_id": row["product_id"], "location": "north", "delta": 2**31 - 1}
    assert client.call("POST", "adjustments", body).status_code == 422


def test_a_repeated_adjustment_with_the_same_key_is_made_once(client):
    [row] = rows_of(client.store, INVENTORY)
    body = {"product_id": row["product_id"], "location": "north", "delta": 5}
    for _ in range(2):
        assert client.call("POST", "adjustments", body, idempotency_key="k").json()["quantity"] == 15


def test_an_adjustment_of_an_older_version_is_refused(client):
    [row] = rows_of(client.store, INVENTORY)
    body = {"product_id": row["product_id"], "location": "north", "delta": 5}
    answers = [client.call("POST", "adjustments", body, if_match='"1"') for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 412]
    assert (answers[0].headers["ETag"], stock_of(client.store)) == ('"2"', {"north": (15, 0)})


def test_the_usage_of_an_order_has_its_amount(client):
    client.call("POST", "orders", TEA)
    [log] = ApiUsageLog.scan()
    assert (log.changes, str(log.amount)) == ({"orders": {"created": 1}}, "7")
