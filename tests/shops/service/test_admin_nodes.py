"""Orders and products of the Admin API whose parts are null, as if a scope did not cover them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.kit import config
from chalicelib.shops.service.admin import AdminApi
from chalicelib.shops.service.order_queries import fetch_order, list_changed_orders
from chalicelib.shops.service.product_queries import list_changed_products
from tests.integrations.canned_server import CannedResponse, canned_server
from tests.shops.service.test_lenient_payloads import NODE, PRODUCT_NODE

ORDER_ID = "gid://shopify/Order/1"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
ADMIN = AdminApi("a.myshopify.com", "studio", "shpat_x")
LAST_PAGE = {"pageInfo": {"hasNextPage": False, "endCursor": None}}


@pytest.fixture
def shopify_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedResponse]:
    """Start a server in place of Shopify, with a response that the test sets."""
    with canned_server() as server:
        monkeypatch.setitem(config.settings().vendor_base_urls, "shopify", server.url)
        yield server


def answer(server: CannedResponse, **data: Any) -> None:
    server.body = json.dumps({"data": {**data, "other": 1}}).encode()


def test_an_order_with_null_parts_is_fetched(shopify_server: CannedResponse) -> None:
    answer(shopify_server, order=dict.fromkeys(NODE))
    order = fetch_order(ADMIN, ORDER_ID)
    assert order is not None
    assert (order.fields["order_id"], order.fields["lines"], order.refunds) == (ORDER_ID, [], [])
    lines = {"nodes": [None, *NODE["lineItems"]], **LAST_PAGE}
    refunds = [None, {"id": "gid://shopify/Refund/5", "refundLineItems": None}]
    answer(shopify_server, order=NODE | {"lineItems": lines, "discountApplications": None, "refunds": refunds})
    order = fetch_order(ADMIN, ORDER_ID)
    assert order is not None
    assert len(order.fields["lines"]) == len(order.refunds) == 1
    assert order.refunds[0].created_at == order.updated_at
    answer(shopify_server, order=None)
    assert fetch_order(ADMIN, ORDER_ID) is None


def test_pages_with_null_parts_are_read(shopify_server: CannedResponse) -> None:
    unusable_page = {"hasNextPage": True, "endCursor": None}
    answer(shopify_server, orders={"nodes": [None, {"id": None}, {"id": ORDER_ID}], "pageInfo": unusable_page})
    assert list_changed_orders(ADMIN, SINCE, None) == ([ORDER_ID], None)
    answer(shopify_server, orders=None)
    assert list_changed_orders(ADMIN, SINCE, None) == ([], None)
    nulls = dict.fromkeys(PRODUCT_NODE) | {"id": PRODUCT_NODE["id"]}
    answer(shopify_server, products={"nodes": [None, nulls], **LAST_PAGE})
    [product], cursor = list_changed_products(ADMIN, SINCE, None)
    assert (product.fields["product_id"], product.fields["variants"], product.updated_at) == (22, [], SINCE)
    assert cursor is None
