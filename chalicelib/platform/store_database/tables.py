"""The 14 tables of a store. They have no schema of their own: each connection names it (`schema_translate_map`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, SmallInteger, Table, UniqueConstraint

from chalicelib.platform.store_database.columns import (
    JSON_VALUE,
    LONG_TEXT,
    byte_count,
    choice,
    count,
    flag,
    identifier,
    money,
    one_of,
    optional_text,
    reference,
    required_text,
    technical,
    time,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def _table(name: str, *items: Any) -> Table:
    """Return a table of these columns, followed by those that each table has."""
    return Table(name, METADATA, *items, *technical(), **_MYSQL)


def _not_negative(*names: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{name} >= 0", name=f"{name}_min") for name in names]


_MEDIA_STATUS = choice("status", ("pending", "ready"), "pending")
_PRODUCT_STATUS = choice("status", ("draft", "active", "archived"), "draft")
_INPUT_TYPE = choice("input_type", ("text", "number", "boolean", "select", "multiselect", "date"), "text")
_ORDER_STATUS = choice("status", ("pending", "paid", "fulfilled", "cancelled", "refunded"), "pending")
_VALUE_TYPE = choice("value_type", ("percentage", "fixed_amount"))
_PAGE_STATUS = choice("status", ("draft", "published", "archived"), "draft")
_SEO_SCOPE = choice("scope", ("store", "products", "categories", "cms_pages"))

MEDIA_LIBRARY = _table(
    "media_library",
    identifier(),
    required_text("storage_key", 700, unique=True),
    required_text("file_name", 255),
    required_text("content_type", 127),
    byte_count("byte_size"),
    Column("width", Integer),
    Column("height", Integer),
    optional_text("alt_text", 1000),
    optional_text("checksum", 128),
    _MEDIA_STATUS,
    one_of(_MEDIA_STATUS),
    *_not_negative("byte_size"),
)

CATEGORIES = _table(
    "categories",
    identifier(),
    reference("parent_id", "categories", "SET NULL", index=True),
    required_text("name", 255),
    required_text("slug", 255, unique=True),
    Column("description", LONG_TEXT),
    count("sort_order"),
    flag("is_active", default=True),
    optional_text("seo_title", 255),
    optional_text("seo_description", 1000),
)

PRODUCTS = _table(
    "products",
    identifier(),
    required_text("name", 255),
    required_text("slug", 255, unique=True),
    required_text("sku", 100, unique=True),
    Column("description", LONG_TEXT),
    optional_text("product_type", 100),
    _PRODUCT_STATUS,
    flag("is_active", default=True),
    reference("featured_image_id", "media_library", "SET NULL", index=True),
    one_of(_PRODUCT_STATUS),
)

PRODUCT_CATEGORIES = _table(
    "product_categories",
    reference("product_id", "products", "CASCADE", primary_key=True),
    reference("category_id", "categories", "CASCADE", primary_key=True, index=True),
    count("sort_order"),
)

ATTRIBUTES = _table(
    "attributes",
    identifier(),
    required_text("code", 100, unique=True),
    required_text("label", 255),
    _INPUT_TYPE,
    Column("options", JSON_VALUE),
    flag("is_filterable", default=False),
    flag("is_required", default=False),
    one_of(_INPUT_TYPE),
)

PRODUCT_ATTRIBUTE_VALUES = _table(
    "product_attribute_values",
    reference("product_id", "products", "CASCADE", primary_key=True),
    reference("attribute_id", "attributes", "CASCADE", primary_key=True, index=True),
    Column("value", JSON_VALUE, nullable=False),
)

PRICES = _table(
    "prices",
    identifier(),
    reference("product_id", "products", "CASCADE"),
    required_text("currency", 3),
    money("amount"),
    money("compare_at_amount", nullable=True),
    optional_text("customer_group", 100),
    count("minimum_quantity", 1),
    time("valid_from"),
    time("valid_to"),
    *_not_negative("amount", "compare_at_amount"),
    CheckConstraint("minimum_quantity >= 1", name="minimum_quantity_min"),
    CheckConstraint("valid_to > valid_from", name="window"),
    Index(None, "product_id", "currency"),
)

INVENTORY = _table(
    "inventory",
    identifier(),
    reference("product_id", "products", "CASCADE"),
    required_text("location", 100, default="default", server_default="default"),
    count("quantity", None),
    count("reserved"),
    Column("low_stock_threshold", Integer),
    *_not_negative("quantity", "reserved", "low_stock_threshold"),
    CheckConstraint("reserved <= quantity", name="reserved_max"),
    UniqueConstraint("product_id", "location"),
)

CUSTOMERS = _table(
    "customers",
    identifier(),
    required_text("email", 254, unique=True),
    optional_text("first_name", 255),
    optional_text("last_name", 255),
    optional_text("phone", 50),
    Column("addresses", JSON_VALUE),
    optional_text("customer_group", 100),
    flag("marketing_consent", default=False),
    time("marketing_consent_at"),
    money("total_spent", default=Decimal(0)),
    count("order_count"),
)
Index(None, CUSTOMERS.c.created_at)

DISCOUNTS = _table(
    "discounts",
    identifier(),
    required_text("code", 64, unique=True),
    required_text("title", 255),
    _VALUE_TYPE,
    money("value"),
    optional_text("currency", 3),
    money("minimum_subtotal", nullable=True),
    Column("usage_limit", Integer),
    count("times_used"),
    time("starts_at"),
    time("ends_at"),
    flag("is_active", default=True),
    one_of(_VALUE_TYPE),
    *_not_negative("minimum_subtotal", "times_used"),
    CheckConstraint("value > 0", name="value_min"),
    CheckConstraint("value_type <> 'percentage' OR value <= 100", name="percentage_max"),
    CheckConstraint("value_type <> 'fixed_amount' OR currency IS NOT NULL", name="fixed_amount_currency"),
    CheckConstraint("usage_limit >= 1", name="usage_limit_min"),
    CheckConstraint("times_used <= usage_limit", name="times_used_max"),
    CheckConstraint("ends_at > starts_at", name="window"),
)

ORDERS = _table(
    "orders",
    identifier(),
    Column("number", Integer, nullable=False, unique=True),
    reference("customer_id", "customers", "SET NULL", index=True),
    _ORDER_STATUS,
    required_text("currency", 3),
    money("subtotal"),
    money("discount_total"),
    money("tax_total"),
    money("shipping_total"),
    money("total"),
    reference("discount_id", "discounts", "SET NULL", index=True),
    Column("billing_address", JSON_VALUE),
    Column("shipping_address", JSON_VALUE),
    time("placed_at", nullable=False),
    time("paid_at"),
    time("fulfilled_at"),
    time("cancelled_at"),
    time("refunded_at"),
    one_of(_ORDER_STATUS),
    *_not_negative("subtotal", "discount_total", "tax_total", "shipping_total", "total"),
    CheckConstraint("total = subtotal - discount_total + tax_total + shipping_total", name="total_sum"),
    Index(None, "placed_at"),
)

ORDER_ITEMS = _table(
    "order_items",
    identifier(),
    reference("order_id", "orders", "CASCADE"),
    Column("position", SmallInteger, nullable=False),
    reference("product_id", "products", "SET NULL", index=True),
    required_text("sku", 100),
    required_text("name", 255),
    count("quantity", None),
    money("unit_price"),
    money("discount_amount", default=Decimal(0)),
    money("total"),
    optional_text("location", 100),
    *_not_negative("unit_price", "discount_amount", "total"),
    CheckConstraint("quantity >= 1", name="quantity_min"),
    CheckConstraint("total = quantity * unit_price - discount_amount", name="total_product"),
    UniqueConstraint("order_id", "position"),
)

CMS_PAGES = _table(
    "cms_pages",
    identifier(),
    required_text("slug", 255, unique=True),
    required_text("title", 255),
    Column("body", LONG_TEXT),
    _PAGE_STATUS,
    time("published_at"),
    optional_text("seo_title", 255),
    optional_text("seo_description", 1000),
    one_of(_PAGE_STATUS),
)

SEO_SETTINGS = _table(
    "seo_settings",
    identifier(),
    _SEO_SCOPE,
    optional_text("title_template", 255),
    optional_text("description_template", 1000),
    optional_text("canonical_base", 2048),
    optional_text("robots", 255),
    Column("structured_data", JSON_VALUE),
    Column("redirects", JSON_VALUE),
    one_of(_SEO_SCOPE),
    UniqueConstraint("scope"),
)

TABLES: tuple[Table, ...] = (
    MEDIA_LIBRARY,
    CATEGORIES,
    PRODUCTS,
    PRODUCT_CATEGORIES,
    ATTRIBUTES,
    PRODUCT_ATTRIBUTE_VALUES,
    PRICES,
    INVENTORY,
    CUSTOMERS,
    DISCOUNTS,
    ORDERS,
    ORDER_ITEMS,
    CMS_PAGES,
    SEO_SETTINGS,
)
"""In the order of their creation: a table refers only to those before it and to itself."""
