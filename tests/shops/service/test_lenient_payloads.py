"""A malformed field makes a delivery unreadable only if it is the id of the delivery's main object."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.shops.models import WebhookDelivery
from chalicelib.shops.schemas.orders import OrderUpdated
from chalicelib.shops.service import product_queries
from chalicelib.shops.service.order_nodes import OrderNode
from chalicelib.shops.service.order_payloads import OrderPayload
from chalicelib.shops.service.webhook_intake import parse_message
from chalicelib.shops.service.webhook_payloads import DeliveryInfo, build_message, parse_shop_details

Path = tuple[str | int, ...]

_MONEY = {"shop_money": {"amount": "1.50", "currency_code": "USD"}}
_NODE_MONEY = {"shopMoney": {"amount": "1.50"}}
_REFUND_LINE = {
    "line_item_id": 3,
    "quantity": 1,
    "line_item": {"properties": [{"name": "_generation", "value": "g.k.m"}]},
    "subtotal_set": _MONEY,
}
ORDER: dict[str, Any] = {
    "id": 1,
    "order_number": 1001,
    "name": "#1001",
    "total_price": "12.50",
    "currency": "USD",
    "customer": {"id": 7},
    "created_at": "2026-11-01T00:00:00Z",
    "cancelled_at": "2026-11-02T00:00:00Z",
    "updated_at": "2026-11-03T00:00:00Z",
    "financial_status": "paid",
    "test": False,
    "email": "a@example.com",
    "note_attributes": [{"name": "_backroom_ab", "value": "x"}],
    "discount_applications": [{"type": "automatic", "title": "T", "target_type": "line_item"}],
    "refunds": [{"id": 5, "refund_line_items": [_REFUND_LINE]}],
    "line_items": [
        {
            "id": 3,
            "variant_id": 11,
            "product_id": 22,
            "quantity": 2,
            "current_quantity": 1,
            "properties": [{"name": "Size", "value": "A4"}, {"name": "_generation", "value": "g.k.m"}],
            "sku": "P",
            "title": "Poster",
            "price": "12.50",
            "price_set": _MONEY,
            "gift_card": False,
            "discount_allocations": [{"discount_application_index": 0, "amount_set": _MONEY}],
        },
    ],
}
REFUND: dict[str, Any] = {
    "id": 5,
    "order_id": 1,
    "refund_line_items": [_REFUND_LINE],
    "transactions": [{"kind": "refund", "status": "success", "amount": "1.50", "currency": "USD"}],
}
PRODUCT: dict[str, Any] = {
    "id": 22,
    "title": "Poster",
    "status": "active",
    "variants": [{"id": 11, "title": "A4", "sku": "P-A4", "price": "12.50"}],
}
PRIVACY: dict[str, Any] = {
    "shop_id": 9,
    "shop_domain": "a.myshopify.com",
    "customer": {"id": 7, "email": "a@example.com"},
    "orders_to_redact": [1, 2],
    "orders_requested": [3],
    "data_request": {"id": 8},
}
SHOP: dict[str, Any] = {
    "name": "A",
    "email": "a@example.com",
    "currency": "USD",
    "iana_timezone": "UTC",
    "plan_name": "x",
}
PAYLOADS: dict[str, tuple[dict[str, Any], set[Path]]] = {
    "refunds/create": (REFUND, {("id",), ("order_id",)}),
    "products/update": (PRODUCT, {("id",)}),
    "products/delete": ({"id": 22}, {("id",)}),
    "customers/redact": (PRIVACY, set()),
    "customers/data_request": (PRIVACY, set()),
    "shop/redact": (PRIVACY, set()),
    "shop/update": (SHOP, set()),
    "app/uninstalled": (SHOP, set()),
    "app/scopes_update": ({"current": ["read_orders"], "previous": []}, {("current",)}),
    "orders/edited": ({"order_edit": {"id": 1, "order_id": 2}}, {("order_edit",), ("order_edit", "order_id")}),
}
"""A valid payload of each topic except orders, and the paths of the ids of its main object."""
NODE: dict[str, Any] = {
    "id": "gid://shopify/Order/1",
    "number": 1001,
    "createdAt": "2026-11-01T00:00:00Z",
    "updatedAt": "2026-11-03T00:00:00Z",
    "cancelledAt": None,
    "edited": True,
    "currencyCode": "USD",
    "displayFinancialStatus": "PAID",
    "test": False,
    "email": "a@example.com",
    "totalPriceSet": _NODE_MONEY,
    "customer": {"id": "gid://shopify/Customer/7"},
    "customAttributes": [{"key": "_backroom_ab", "value": "x"}],
    "discountApplications": [
        {"__typename": "DiscountCodeApplication", "index": 0, "targetType": "LINE_ITEM", "code": "C"}
    ],
    "refunds": [
        {
            "id": "gid://shopify/Refund/5",
            "createdAt": "2026-11-02T00:00:00Z",
            "totalRefundedSet": _NODE_MONEY,
            "refundLineItems": [
                {
                    "quantity": 1,
                    "subtotalSet": _NODE_MONEY,
                    "lineItem": {"id": "gid://shopify/LineItem/3", "customAttributes": []},
                }
            ],
        }
    ],
    "lineItems": [
        {
            "id": "gid://shopify/LineItem/3",
            "quantity": 2,
            "currentQuantity": 1,
            "title": "Poster",
            "sku": "P",
            "isGiftCard": False,
            "product": {"id": "gid://shopify/Product/22"},
            "variant": {"id": "gid://shopify/ProductVariant/11"},
            "customAttributes": [{"key": "Size", "value": "A4"}],
            "originalUnitPriceSet": _NODE_MONEY,
            "discountAllocations": [{"allocatedAmountSet": _NODE_MONEY, "discountApplication": {"index": 0}}],
        }
    ],
}
PRODUCT_NODE: dict[str, Any] = {
    "id": "gid://shopify/Product/22",
    "title": "Poster",
    "status": "ACTIVE",
    "updatedAt": "2026-11-03T00:00:00Z",
    "variants": [{"id": "gid://shopify/ProductVariant/11", "title": "A4", "sku": "P", "price": "12.50"}],
}

MISSING = object()
ODD_VALUES: tuple[Any, ...] = (
    MISSING,
    None,
    True,
    -1,
    10**40,
    1e300,
    float("nan"),
    "",
    "x",
    "0001-01-01T00:00:00+14:00",
    [],
    [None],
    {},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, prefix: Path = ()) -> Iterator[Path]:
    """Yield the path of each part of a payload."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*prefix, key)
        yield from paths(inner, (*prefix, key))


def replace_part(payload: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(payload)
    part: Any = result
    for key in path[:-1]:
        part = part[key]
    if value is MISSING:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return result


def parse_delivery(topic: str, payload: dict[str, Any]) -> None:
    build_message(DeliveryInfo("a.myshopify.com", "studio", topic, "w", datetime.now(UTC)), payload)
    if topic == "shop/update":
        parse_shop_details(payload)


def parse_order(payload: dict[str, Any]) -> OrderUpdated:
    fields = OrderPayload.parse(payload, "orders/updated").message_fields(lambda _address: None)
    return OrderUpdated(shop="a.myshopify.com", app="studio", triggered_at=datetime.now(UTC), **fields)


def odd_payloads(payload: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in paths(payload):
        for value in ODD_VALUES:
            yield path, replace_part(payload, path, value)


def test_an_order_is_unreadable_only_without_its_id() -> None:
    for path, payload in odd_payloads(ORDER):
        try:
            parse_order(payload).model_dump_json()
        except ValidationError:
            assert path == ("id",)


@pytest.mark.parametrize("topic", PAYLOADS)
def test_a_delivery_is_unreadable_only_without_its_subject(topic: str) -> None:
    original, subjects = PAYLOADS[topic]
    for path, payload in odd_payloads(original):
        try:
            parse_delivery(topic, payload)
        except ValidationError:
            assert path in subjects


def test_nodes_of_the_admin_api_are_unreadable_only_without_an_id() -> None:
    for path, payload in odd_payloads(NODE):
        try:
            OrderNode.parse(payload, "orders/edited").message_fields()
        except ValidationError:
            assert path == ("id",)
    for path, payload in odd_payloads(PRODUCT_NODE):
        try:
            product_queries.parse_product(payload, datetime.now(UTC))
        except ValidationError:
            assert path == ("id",)


@given(path=st.sampled_from([path for path in paths(ORDER) if path != ("id",)]), value=JSON)
def test_any_json_in_any_part_of_an_order(path: Path, value: Any) -> None:
    message = parse_order(replace_part(ORDER, path, value))
    assert message.order_id == "gid://shopify/Order/1"


@pytest.mark.parametrize("properties", [[{"size": "A4"}], ["Note"], [None], "Note", 7, {"Size": 3}])
def test_a_malformed_property_drops_neither_its_line_nor_others(properties: Any) -> None:
    good = [{"name": "_generation", "value": "g.k.m"}]
    line = {"id": 3, "quantity": 1, "properties": properties + good if isinstance(properties, list) else properties}
    [parsed] = parse_order({"id": 1, "line_items": [line]}).lines
    expected = {"_generation": "g.k.m"} if isinstance(properties, list) else {}
    assert parsed.properties == ({"Size": "3"} if isinstance(properties, dict) else expected)


def test_a_missing_quantity_of_a_line_equals_the_other() -> None:
    lines = [{"id": 3, "current_quantity": 2}, {"id": 4, "quantity": 2}, {"id": 5, "quantity": None}]
    parsed = parse_order({"id": 1, "line_items": lines}).lines
    assert [(each.quantity, each.current_quantity) for each in parsed] == [(2, 2), (2, 2)]


def test_the_log_names_the_dropped_parts_without_their_values(caplog: pytest.LogCaptureFixture) -> None:
    row = WebhookDelivery(
        delivery_id="w",
        shop="a.myshopify.com",
        app="studio",
        topic="refunds/create",
        received_at=datetime.now(UTC),
    )
    odd = {"line_item_id": "her@example.com", "quantity": 1}
    message = parse_message(row, REFUND | {"refund_line_items": [odd, _REFUND_LINE | {"line_item": None}], "x": "y"})
    assert message is not None
    [record] = [record for record in caplog.records if record.getMessage() == "malformed parts of a payload dropped"]
    assert (record.parts, record.topic) == (["refund_line_items"], "refunds/create")  # type: ignore[attr-defined]
    assert "her@example.com" not in str(record.__dict__)
