"""Conversion of rows of a legacy database: defaults, ids, and words for what does not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chalicelib.platform.domain.legacy_rows import RowNotConvertible, convert_legacy_row, legacy_id
from chalicelib.platform.repository.store_schema import schemas

STORE = "5b0c1f1e-0000-4000-8000-000000000001"
MOMENT = datetime(2026, 11, 30, tzinfo=UTC)
PRICE = {"id": 1, "product_id": 1, "currency": "EUR", "amount": 1}
DISCOUNT = {"id": 1, "code": "S", "title": "S", "value_type": "percentage", "value": 10}


def convert(table: str, **row: Any) -> dict[str, Any]:
    schema = schemas()[table]
    return dict(zip(schema.columns, convert_legacy_row(schema, row, STORE, "JPY", MOMENT), strict=True))


def test_missing_columns_get_their_defaults() -> None:
    row = convert("products", id=7, name="Tea", slug="tea", sku="T", store_id=3, unknown="x")
    assert (row["status"], row["is_active"], row["version"], row["created_at"]) == ("draft", True, 1, MOMENT)
    assert row["description"] is None


def test_a_file_without_a_status_is_ready() -> None:
    file = {"id": 1, "storage_key": "a.jpg", "file_name": "a.jpg", "content_type": "image/jpeg", "byte_size": 1}
    assert convert("media_library", **file)["status"] == "ready"
    assert convert("media_library", **file, status=None)["status"] == "ready"
    assert convert("media_library", **file, status="pending")["status"] == "pending"


def test_the_same_id_is_the_same_uuid_wherever_it_is_referred_to() -> None:
    product = convert("products", id=7, name="Tea", slug="tea", sku="T")
    price = convert("prices", id="p/1", product_id="7", currency="EUR", amount=Decimal("1.50"))
    assert price["product_id"] == product["id"] == legacy_id(STORE, "products", 7)
    assert UUID(product["id"]).version == 5
    assert legacy_id(STORE, "prices", 7) != legacy_id(STORE, "products", 7)
    assert legacy_id("another", "products", 7) != legacy_id(STORE, "products", 7)
    known = "6A1F4F0E-6D6F-4F53-9D0A-0F2F6C1F7C55"
    assert legacy_id(STORE, "products", known) == known.lower() == legacy_id(STORE, "products", UUID(known))


def test_binary_ids_and_texts_are_read() -> None:
    known = UUID("6a1f4f0e-6d6f-4f53-9d0a-0f2f6c1f7c55")
    assert legacy_id(STORE, "products", known.bytes) == str(known)
    price = convert("prices", id=b"\x01", product_id=known.bytes, currency=b"EUR", amount=1)
    assert (price["product_id"], price["currency"]) == (str(known), "EUR")
    assert price["id"] == legacy_id(STORE, "prices", "01")


def test_values_of_other_types_are_read() -> None:
    order = convert(
        "orders", id=1, number=Decimal(5), status="paid", currency="EUR", subtotal=20, discount_total="0",
        tax_total=0.5, shipping_total=Decimal("0E-7"), total=Decimal("20.50000"), placed_at=date(2020, 1, 2),
        billing_address='{"city": "Zo\u00eb"}', paid_at=datetime(2020, 1, 2, 3),
    )  # fmt: skip
    assert (order["number"], order["total"], order["tax_total"]) == (5, Decimal("20.5"), Decimal("0.5"))
    assert (order["placed_at"], order["paid_at"]) == (
        datetime(2020, 1, 2, tzinfo=UTC),
        datetime(2020, 1, 2, 3, tzinfo=UTC),
    )
    assert order["billing_address"] == {"city": "Zo\u00eb"}
    assert convert("categories", id=1, name="C", slug="c", is_active=0)["is_active"] is False


def test_values_get_their_normal_form() -> None:
    assert convert("customers", id=1, email=" Ann@Example.COM ")["email"] == "ann@example.com"
    discount = convert("discounts", id=1, code="spring", title="S", value_type="percentage", value=10)
    assert discount["code"] == "SPRING"


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("products", {"id": 1, "name": "Tea", "slug": "tea"}, "sku is missing"),
        ("products", {"id": 1, "name": b"\xff", "slug": "tea", "sku": "T"}, "name is not readable"),
        ("products", {"id": 1, "name": " ", "slug": "tea", "sku": "T"}, "name must not be empty"),
        ("products", {"id": 1, "name": "x" * 256, "slug": "tea", "sku": "T"}, "name must have at most 255 characters"),
        ("products", {"id": 1, "name": "T", "slug": "t", "sku": "T", "status": "sold"}, "status must be one of"),
        ("prices", {"id": 1, "product_id": 1, "currency": "EUR", "amount": -1}, "amount must be at least 0"),
        ("prices", {"id": 1, "product_id": 1, "currency": "EUR", "amount": "x"}, "amount is not readable"),
        ("prices", {"id": 1, "product_id": 1, "currency": "EUR", "amount": "1.23456"}, "amount must be a decimal"),
        ("attributes", {"id": 1, "code": "c", "label": "l", "options": "{"}, "options is not readable"),
        ("inventory", {"id": 1, "product_id": 1, "quantity": 1.5}, "quantity must be a whole number"),
        ("inventory", {"id": 1, "product_id": 1, "quantity": 1, "reserved": 2}, "quantity must be at least 2"),
        ("customers", {"id": 1, "email": "ann"}, "email must be an e-mail address"),
        ("prices", {"id": 1, "product_id": 1, "currency": "eur", "amount": 1}, "currency must be a currency"),
        ("prices", PRICE | {"amount": "1.001"}, "amount must have at most 2 decimals"),
        ("prices", PRICE | {"valid_from": MOMENT, "valid_to": MOMENT}, "valid_to must be after valid_from"),
        ("discounts", DISCOUNT | {"value": 101}, "value must be at most 100"),
        ("discounts", DISCOUNT | {"value_type": "fixed_amount"}, "currency is required for a fixed amount"),
        ("discounts", DISCOUNT | {"minimum_subtotal": "1.5"}, "minimum_subtotal must have at most 0 decimals, as JPY"),
    ],
)
def test_a_row_that_does_not_fit_names_the_column(table: str, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowNotConvertible) as error:
        convert(table, **row)
    assert str(error.value).startswith(reason)
