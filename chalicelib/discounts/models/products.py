"""Tables of the products' figures and of their daily stock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    IntegerAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table

ZERO = Decimal(0)


class ProductPerformance(Table):
    """Sales of a SKU with and without any discount, of ours or another. Rates are percentages of 30 days."""

    class Meta:
        table_name = tables.name("discounts", "product_performance")

    shop = UnicodeAttribute(personal=True, hash_key=True)
    sku = UnicodeAttribute(personal=False, range_key=True)
    variant_id = UnicodeAttribute(personal=False, null=True)
    product_title = UnicodeAttribute(personal=False, null=True)
    units_sold_with_discount = IntegerAttribute(personal=False, default=0)
    units_sold_without_discount = IntegerAttribute(personal=False, default=0)
    total_discount_given = DecimalAttribute(personal=False, default=ZERO)
    revenue_with_discount = DecimalAttribute(personal=False, default=ZERO)
    revenue_without_discount = DecimalAttribute(personal=False, default=ZERO)
    view_to_purchase_rate = DecimalAttribute(personal=False, null=True)
    cart_abandonment_rate = DecimalAttribute(personal=False, null=True)
    currency = UnicodeAttribute(personal=False)
    journal_seq = IntegerAttribute(personal=False, default=0)
    updated_at = DateTimeAttribute(personal=False)


class InventoryImpact(Table):
    """A SKU's day: sales, stock, offered price and cost. `shop_sku` is `<shop>#<sku>`.

    `starting_inventory` is the snapshot after the local midnight before, `ending_inventory` that after the midnight that
    ends the day. A SKU at rest has no row.
    """

    class Meta:
        table_name = tables.name("discounts", "inventory_impact")

    KEEP: ClassVar = timedelta(days=400)

    shop_sku = UnicodeAttribute(personal=True, hash_key=True)
    shop = UnicodeAttribute(personal=True)
    sku = UnicodeAttribute(personal=False)
    date = DateAttribute(personal=False, range_key=True)
    starting_inventory = IntegerAttribute(personal=False, null=True)
    units_sold_with_discount = IntegerAttribute(personal=False, default=0)
    units_sold_regular_price = IntegerAttribute(personal=False, default=0)
    ending_inventory = IntegerAttribute(personal=False, null=True)
    days_of_supply = IntegerAttribute(personal=False, null=True)
    turnover_rate = DecimalAttribute(personal=False, null=True)
    revenue_with_discount = DecimalAttribute(personal=False, default=ZERO)
    revenue_regular_price = DecimalAttribute(personal=False, default=ZERO)
    offered_price = DecimalAttribute(personal=False, null=True)
    unit_cost = DecimalAttribute(personal=False, null=True)
    currency = UnicodeAttribute(personal=False)
    journal_seq = IntegerAttribute(personal=False, default=0)
