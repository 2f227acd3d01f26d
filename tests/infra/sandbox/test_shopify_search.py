"""GraphQL search of orders and products: filters, sorting, and pagination over rows that change concurrently."""

from typing import Any

import pytest

from infra.sandbox.shopify import App, ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin

SEARCH = """query ($first: Int, $after: String, $query: String, $sortKey: OrderSortKeys, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $query, sortKey: $sortKey, reverse: $reverse) {
    nodes { id } edges { cursor } pageInfo { hasNextPage endCursor } } }"""
LINE = [{"variant_id": 1, "product_id": 1}]


@pytest.fixture
def orders(shopify: ShopifySandbox, clock) -> list[str]:
    """Orders created a minute apart from 14:13:20; the first was updated last, at 14:16:20."""
    ids = []
    for _ in range(3):
        ids.append(shopify.paid_order(SHOP, LINE)["admin_graphql_api_id"])
        clock.now += 60
    shopify.cancel_order(SHOP, ids[0])
    shopify.paid_order("other.myshopify.com", LINE)
    return ids


def search(admin: Admin, **variables: Any) -> list[str]:
    result = admin.call(SEARCH, **{"first": 10, **variables})["data"]["orders"]
    return [node["id"] for node in result["nodes"]]


def test_orders_are_sorted_by_the_requested_key(admin, orders):
    assert search(admin) == search(admin, sortKey="ID") == search(admin, sortKey="CREATED_AT") == orders
    assert search(admin, sortKey="UPDATED_AT") == [orders[1], orders[2], orders[0]]
    assert search(admin, sortKey="UPDATED_AT", reverse=True) == [orders[0], orders[2], orders[1]]


@pytest.mark.parametrize(
    ("query", "order_numbers"),
    [
        ("updated_at:>='2026-09-21T14:15:20Z'", [2, 0]),
        ('updated_at:>="2026-09-21T14:15:20Z"', [2, 0]),
        ("updated_at:>=2026-09-21T14:15:20Z", [2, 0]),
        ("updated_at:>'2026-09-21T16:15:20+02:00'", [0]),
        ("updated_at:<='2026-09-21T14:15:20Z'", [1, 2]),
        ("updated_at:<2026-09-21T14:15:20Z", [1]),
        ("updated_at:>=2026-09-21T14:14:20Z updated_at:<=2026-09-21T14:15:20Z", [1, 2]),
        ("updated_at:>='2026-09-21T14:14:20Z' AND updated_at:<='2026-09-21T14:15:20Z'", [1, 2]),
        ("created_at:'2026-09-21T14:13:20Z'", [0]),
        ("updated_at:>2026-09-21", [1, 2, 0]),
        ("", [1, 2, 0]),
    ],
)
def test_orders_are_filtered_by_update_time(admin, orders, query, order_numbers):
    assert search(admin, query=query, sortKey="UPDATED_AT") == [orders[number] for number in order_numbers]


@pytest.mark.parametrize("query", ["name:1001", "updated_at:>=yesterday", "hello", "updated_at:>='2026-09-21' OR x"])
def test_an_invalid_search_is_an_error(admin, orders, query):
    assert admin.call(SEARCH, first=1, query=query)["errors"][0]["message"]


def test_a_page_size_is_required(admin):
    assert admin.call("{ orders { nodes { id } } }")["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("reverse", [False, True])
def test_pages_follow_the_cursor(admin, orders, reverse):
    params = {"first": 2, "sortKey": "UPDATED_AT", "reverse": reverse}
    first = admin.call(SEARCH, **params)["data"]["orders"]
    assert first["pageInfo"] == {"hasNextPage": True, "endCursor": first["edges"][1]["cursor"]}
    rest = admin.call(SEARCH, **params, after=first["pageInfo"]["endCursor"])["data"]["orders"]
    assert rest["pageInfo"]["hasNextPage"] is False
    got = [node["id"] for node in first["nodes"] + rest["nodes"]]
    assert got == search(admin, sortKey="UPDATED_AT", reverse=reverse)


def test_an_order_updated_between_pages_repeats_and_hides_no_other(admin, shopify, orders, clock):
    params = {"first": 1, "sortKey": "UPDATED_AT"}
    first = admin.call(SEARCH, **params)["data"]["orders"]
    clock.now += 60
    shopify.cancel_order(SHOP, first["nodes"][0]["id"])
    assert search(admin, sortKey="UPDATED_AT", after=first["pageInfo"]["endCursor"]) == [
        orders[2],
        orders[0],
        orders[1],
    ]


def test_products_are_filtered_by_update_time(admin, shopify, clock):
    variants = [{"id": 11, "title": "Small", "sku": "S", "price": "19.00"}]
    shopify.product(SHOP, 7, "Portrait", variants)
    clock.now += 60
    shopify.product(SHOP, 8, "Poster", status="draft")
    shopify.product("other.myshopify.com", 9, "Elsewhere")
    query = """query ($query: String) { products(first: 10, query: $query, sortKey: UPDATED_AT) {
      nodes { id title status updatedAt variants(first: 5) { nodes { id title sku price } } } } }"""
    first, second = admin.call(query)["data"]["products"]["nodes"]
    assert first == {
        "id": "gid://shopify/Product/7",
        "title": "Portrait",
        "status": "ACTIVE",
        "updatedAt": "2026-09-21T14:13:20Z",
        "variants": {
            "nodes": [{"id": "gid://shopify/ProductVariant/11", "title": "Small", "sku": "S", "price": "19.00"}]
        },
    }
    assert (second["title"], second["status"]) == ("Poster", "DRAFT")
    later = admin.call(query, query="updated_at:>='2026-09-21T14:14:20Z'")["data"]["products"]["nodes"]
    assert later == [second]

    product_query = "query ($id: ID!) { product(id: $id) { title } }"
    assert admin.call(product_query, id=first["id"])["data"]["product"] == {"title": "Portrait"}
    assert shopify.delete_product("gid://shopify/Product/7") == {"id": 7}
    assert admin.call(product_query, id=first["id"])["data"]["product"] is None
    assert admin.call(product_query, id="gid://shopify/Product/9")["data"]["product"] is None


@pytest.mark.parametrize(("field", "scope"), [("orders", "read_products"), ("products", "read_orders")])
def test_each_search_requires_its_scope(clock, http, field, scope):
    narrow = {"studio": App("studio", "key", "secret-that-is-long-enough-for-hs256", (scope,))}
    with ShopifySandbox(apps=narrow, clock=clock) as sandbox:
        response = Admin(sandbox, http).call(f"{{ {field}(first: 1) {{ nodes {{ id }} }} }}")
    assert response["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
