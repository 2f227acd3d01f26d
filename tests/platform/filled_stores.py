"""Rows of all 14 tables of a store, with values at the edges of what its columns hold."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert

from chalicelib.kit import ids
from chalicelib.platform.models import Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import tables

CREATED = datetime(2026, 11, 1, 12, 0, 0, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
ODD_TEXT = "Zo\u00eb \U0001f375 % %s {0} \\ ' \" \n\t\u0301 \u0000".replace("\u0000", "end")
ODD_JSON: dict[str, Any] = {
    "b": [1, 1.5, True, None, -0.0, 1e-7, 2**53 + 1, 1e300],
    "a": {"\u00e9": ODD_TEXT, "": []},
    "nested": [[{}]],
}


def fill(store: Store, count: int = 3) -> None:
    """Insert rows into every table of the store; each of the categories refers to the next one."""
    with store_connections.transaction(store) as transaction:
        for table, rows in filled_rows(count):
            transaction.connection.execute(insert(table), [row | _technical() for row in rows])
        for parent, child in _links:
            statement = tables.CATEGORIES.update().where(tables.CATEGORIES.c.id == child).values(parent_id=parent)
            transaction.connection.execute(statement)
        _links.clear()


_links: list[tuple[str, str]] = []


def _technical() -> dict[str, Any]:
    return {"version": 7, "created_at": CREATED, "updated_at": LATEST}


def filled_rows(count: int) -> list[tuple[Table, list[dict[str, Any]]]]:
    """Return rows by table, in the order of their creation."""
    numbers = range(count)
    media, categories, products, attributes, customers, discounts, orders = (
        [ids.new() for _ in numbers] for _ in range(7)
    )
    _links.extend(zip(categories[1:], categories[:-1], strict=True))
    return [
        (
            tables.MEDIA_LIBRARY,
            [
                {
                    "id": media[n],
                    "storage_key": f"{media[n]}/\u00e9",
                    "file_name": ODD_TEXT,
                    "content_type": "image/png",
                    "byte_size": 2**62 + n,
                    "width": None,
                    "height": 1,
                    "alt_text": "",
                    "checksum": None,
                    "status": "ready",
                }
                for n in numbers
            ],
        ),
        (
            tables.CATEGORIES,
            [
                {
                    "id": categories[n],
                    "parent_id": None,
                    "name": ODD_TEXT,
                    "slug": f"c-{categories[n]}",
                    "description": ODD_TEXT * 500,
                    "sort_order": -n,
                    "is_active": False,
                }
                for n in numbers
            ],
        ),
        (
            tables.PRODUCTS,
            [
                {
                    "id": products[n],
                    "name": ODD_TEXT,
                    "slug": f"p-{products[n]}",
                    "sku": f"P-{products[n]}",
                    "description": None,
                    "status": "archived",
                    "is_active": True,
                    "featured_image_id": media[n],
                }
                for n in numbers
            ],
        ),
        (
            tables.PRODUCT_CATEGORIES,
            [{"product_id": one, "category_id": other, "sort_order": 1} for one in products for other in categories],
        ),
        (
            tables.ATTRIBUTES,
            [
                {
                    "id": attributes[n],
                    "code": f"a-{attributes[n]}",
                    "label": "L",
                    "input_type": "select",
                    "options": ODD_JSON,
                    "is_filterable": True,
                    "is_required": False,
                }
                for n in numbers
            ],
        ),
        (
            tables.PRODUCT_ATTRIBUTE_VALUES,
            [
                {"product_id": products[n], "attribute_id": attributes[n], "value": value}
                for n, value in zip(numbers, [ODD_JSON, "", 0, False, [], 1.5], strict=False)
            ],
        ),
        (
            tables.PRICES,
            [
                {
                    "id": ids.new(),
                    "product_id": products[n],
                    "currency": "EUR",
                    "amount": Decimal("999999999999999.9999"),
                    "compare_at_amount": Decimal("0.0001"),
                    "customer_group": None,
                    "minimum_quantity": 2**31 - 1,
                    "valid_from": EARLIEST,
                    "valid_to": LATEST,
                }
                for n in numbers
            ],
        ),
        (
            tables.INVENTORY,
            [
                {
                    "id": ids.new(),
                    "product_id": products[n],
                    "location": "l",
                    "quantity": 5,
                    "reserved": n % 5,
                    "low_stock_threshold": None,
                }
                for n in numbers
            ],
        ),
        (
            tables.CUSTOMERS,
            [
                {
                    "id": customers[n],
                    "email": f"{customers[n]}@example.com",
                    "first_name": ODD_TEXT,
                    "last_name": None,
                    "addresses": [ODD_JSON] if n else None,
                    "marketing_consent": bool(n),
                    "total_spent": Decimal("0.1"),
                    "order_count": n,
                    "marketing_consent_at": CREATED,
                }
                for n in numbers
            ],
        ),
        (
            tables.DISCOUNTS,
            [
                {
                    "id": discounts[n],
                    "code": f"D-{discounts[n]}",
                    "title": "T",
                    "value_type": "fixed_amount",
                    "value": Decimal("0.0001"),
                    "currency": "EUR",
                    "usage_limit": 3,
                    "times_used": 3,
                }
                for n in numbers
            ],
        ),
        (
            tables.ORDERS,
            [
                {
                    "id": orders[n],
                    "number": n + 1,
                    "customer_id": customers[n],
                    "status": "refunded",
                    "currency": "EUR",
                    "subtotal": Decimal(20),
                    "discount_total": Decimal(1),
                    "tax_total": Decimal("0.5000"),
                    "shipping_total": Decimal(0),
                    "total": Decimal("19.5"),
                    "discount_id": discounts[n],
                    "billing_address": ODD_JSON,
                    "shipping_address": None,
                    "placed_at": CREATED,
                    "refunded_at": LATEST,
                }
                for n in numbers
            ],
        ),
        (
            tables.ORDER_ITEMS,
            [
                {
                    "id": ids.new(),
                    "order_id": orders[n],
                    "position": 32_767,
                    "product_id": products[n],
                    "sku": "s",
                    "name": ODD_TEXT,
                    "quantity": 2,
                    "unit_price": Decimal("10.5"),
                    "discount_amount": Decimal(1),
                    "total": Decimal(20),
                    "location": None,
                }
                for n in numbers
            ],
        ),
        (
            tables.CMS_PAGES,
            [{"id": ids.new(), "slug": f"s-{n}", "title": "T", "body": ODD_TEXT * 1000} for n in numbers],
        ),
    ]
