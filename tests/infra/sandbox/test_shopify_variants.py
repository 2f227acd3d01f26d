"""Variants in the Admin API: search by SKU, stock and cost."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from infra.sandbox.shopify import App, ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin

FIELDS = "id sku price inventoryQuantity inventoryItem { tracked unitCost { amount currencyCode } }"
SEARCH = f"query ($query: String) {{ productVariants(first: 10, query: $query) {{ nodes {{ {FIELDS} }} }} }}"


@pytest.fixture
def discounts(shopify: ShopifySandbox, http: httpx2.Client) -> Admin:
    variants = [
        {"id": 501, "sku": "MUG", "price": "20.00", "stock": 12, "cost": "7.50"},
        {"id": 502, "sku": 'B "L" 1', "price": "35.00"},
    ]
    shopify.product(SHOP, 5, "Crockery", variants)
    shopify.product("other.myshopify.com", 6, "Other", [{"id": 601, "sku": "MUG"}])
    return Admin(shopify, http, "discounts")


def find(admin: Admin, query: str) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = admin.call(SEARCH, query=query)["data"]["productVariants"]["nodes"]
    return nodes


def test_a_variant_has_stock_and_cost(discounts, shopify):
    mug = {
        "id": "gid://shopify/ProductVariant/501",
        "sku": "MUG",
        "price": "20.00",
        "inventoryQuantity": 12,
        "inventoryItem": {"tracked": True, "unitCost": {"amount": "7.50", "currencyCode": "USD"}},
    }
    assert find(discounts, "sku:mug") == [mug]
    shopify.set_stock(SHOP, 501, -3)
    assert find(discounts, "id:501")[0]["inventoryQuantity"] == -3
    assert find(discounts, "id:502")[0]["inventoryItem"]["unitCost"] is None
    with pytest.raises(KeyError):
        shopify.set_stock(SHOP, 601, 1)


def test_terms_are_joined_by_or(discounts):
    assert [each["sku"] for each in find(discounts, r'(sku:"MUG") OR (sku:"B \"L\" 1")')] == ["MUG", 'B "L" 1']
    assert len(find(discounts, "")) == 2
    assert find(discounts, "sku:none") == []
    assert "errors" in discounts.call(SEARCH, query="barcode:1")
    assert "errors" in discounts.call(SEARCH, query="sku:MUG AND id:501")


def test_variants_are_read_by_id(discounts):
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ProductVariant { sku product { id } } } }"
    ids = [f"gid://shopify/ProductVariant/{number}" for number in (502, 601, 501)]
    assert [node and node["sku"] for node in discounts.call(query, ids=ids)["data"]["nodes"]] == [
        'B "L" 1',
        None,
        "MUG",
    ]
    assert "errors" in discounts.call(query, ids=ids * 100)
    one = "query ($id: ID!) { productVariant(id: $id) { sku } }"
    assert discounts.call(one, id=ids[2])["data"]["productVariant"] == {"sku": "MUG"}
    assert discounts.call(one, id=ids[1])["data"]["productVariant"] is None


def test_cost_needs_the_scope_of_inventory(clock, http):
    narrow = {"discounts": App("discounts", "key", "secret-that-is-long-enough-for-hs256", ("read_products",))}
    with ShopifySandbox(apps=narrow, clock=clock) as sandbox:
        sandbox.product(SHOP, 5, "Crockery", [{"id": 501, "sku": "MUG"}])
        response = Admin(sandbox, http, "discounts").call(SEARCH, query="sku:MUG")
    assert response["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_a_product_is_stored_by_the_control_api(shopify, http, discounts):
    variants = [{"id": 701, "sku": "CUP", "stock": 4, "cost": "1.00"}]
    body = {"shop": SHOP, "product_id": 7, "title": "Cups", "variants": variants}
    assert http.post(f"{shopify.url}/sandbox/products", json=body).json()["payload"]["title"] == "Cups"
    assert find(discounts, "sku:CUP")[0]["inventoryQuantity"] == 4
