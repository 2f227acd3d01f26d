"""Tables of the figures that the journal adds to. `journal_seq` is the last journal that was applied to a row.

Keys end in U+001F and the currency (days of shops: `#` and the currency) where the currency of an order's shop money was
not the shop's when the order was first seen. Rows of earlier versions end in `#<currency>`.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.discounts.enums import CustomerSegment
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table

ZERO = Decimal(0)


class DiscountUsagesBySku(GlobalSecondaryIndex["DiscountUsage"]):
    """The discounts that a SKU was sold with. Later uses do not write it."""

    class Meta:
        index_name = "by_sku"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    sku = UnicodeAttribute(personal=False, range_key=True)


class DiscountUsage(Table):
    """The lifetime usage of one discount by one SKU. `discount_sku` is `<discount_id>#<sku>`."""

    class Meta:
        table_name = tables.name("discounts", "discount_analytics")

    by_sku = DiscountUsagesBySku()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    discount_sku = UnicodeAttribute(personal=False, range_key=True)
    discount_id = UnicodeAttribute(personal=False)
    discount_code = UnicodeAttribute(personal=False, null=True)
    sku = UnicodeAttribute(personal=False)
    times_used = IntegerAttribute(personal=False, default=0)
    units = IntegerAttribute(personal=False, default=0)
    revenue_before_discount = DecimalAttribute(personal=False, default=ZERO)
    discount_amount = DecimalAttribute(personal=False, default=ZERO)
    revenue_after_discount = DecimalAttribute(personal=False, default=ZERO)
    revenue_impact = DecimalAttribute(personal=False, default=ZERO)
    unique_customers = IntegerAttribute(personal=False, default=0)
    repeat_usage_count = IntegerAttribute(personal=False, default=0)
    currency = UnicodeAttribute(personal=False)
    first_used_at = DateTimeAttribute(personal=False, null=True)
    last_used_at = DateTimeAttribute(personal=False, null=True)
    journal_seq = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)


class DailyDiscountUsage(Table):
    """One day's usage of a discount by a SKU, partitioned by month.

    `shop_month` is `<shop>#<YYYY-MM>`; `day_discount_sku` is `<date>#<discount_id>#<sku>`.
    """

    class Meta:
        table_name = tables.name("discounts", "discount_daily")

    KEEP: ClassVar = timedelta(days=100)

    shop_month = UnicodeAttribute(personal=True, hash_key=True)
    day_discount_sku = UnicodeAttribute(personal=False, range_key=True)
    shop = UnicodeAttribute(personal=True)
    date = DateAttribute(personal=False)
    discount_id = UnicodeAttribute(personal=False)
    sku = UnicodeAttribute(personal=False)
    times_used = IntegerAttribute(personal=False, default=0)
    units = IntegerAttribute(personal=False, default=0)
    revenue_before_discount = DecimalAttribute(personal=False, default=ZERO)
    discount_amount = DecimalAttribute(personal=False, default=ZERO)
    revenue_after_discount = DecimalAttribute(personal=False, default=ZERO)
    currency = UnicodeAttribute(personal=False)
    journal_seq = IntegerAttribute(personal=False, default=0)


class DailyDiscountStats(Table):
    """One day of a shop, in its time zone: the day on which orders were created."""

    class Meta:
        table_name = tables.name("discounts", "daily_discount_stats")

    KEEP: ClassVar = timedelta(days=5 * 366)

    shop = UnicodeAttribute(personal=True, hash_key=True)
    date = DateAttribute(personal=False, range_key=True)
    total_discounts_used = IntegerAttribute(personal=False, default=0)
    total_revenue_impact = DecimalAttribute(personal=False, default=ZERO)
    total_savings = DecimalAttribute(personal=False, default=ZERO)
    unique_customers = IntegerAttribute(personal=False, default=0)
    orders = IntegerAttribute(personal=False, default=0)
    orders_with_discount = IntegerAttribute(personal=False, default=0)
    currency = UnicodeAttribute(personal=False)
    journal_seq = IntegerAttribute(personal=False, default=0)
    expires_epoch = ExpiryAttribute(personal=False)


class CustomerInsightsByCustomerSegment(GlobalSecondaryIndex["CustomerInsight"]):
    """A shop's customers by segment; written when the segment changes."""

    class Meta:
        index_name = "by_customer_segment"
        projection = KeysOnlyProjection()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    customer_segment = EnumAttribute(CustomerSegment, personal=True, range_key=True)


class CustomerInsight(Table):
    """The usage and purchases of one customer.

    `uses` maps the first 11 characters of base64url(SHA-256 of `<discount_id>#<sku>`) to uses, at most 200 keys; `types`
    maps a value type to [uses, savings]; `days` maps a date of the last 100 days to uses.
    """

    class Meta:
        table_name = tables.name("discounts", "customer_insights")

    by_customer_segment = CustomerInsightsByCustomerSegment()

    shop = UnicodeAttribute(personal=True, hash_key=True)
    customer_id = UnicodeAttribute(personal=True, range_key=True)
    total_discounts_used = IntegerAttribute(personal=True, default=0)
    total_savings = DecimalAttribute(personal=True, default=ZERO)
    favorite_discount_type = UnicodeAttribute(personal=True, null=True)
    orders = IntegerAttribute(personal=True, default=0)
    avg_order_value = DecimalAttribute(personal=True, null=True)
    purchase_frequency = IntegerAttribute(personal=True, null=True)
    last_purchase_date = DateAttribute(personal=True, null=True)
    customer_segment = EnumAttribute(CustomerSegment, personal=True, null=True)
    lifetime_value = DecimalAttribute(personal=True, default=ZERO)
    uses = JsonAttribute(personal=True, default=dict)
    types = JsonAttribute(personal=True, default=dict)
    days = JsonAttribute(personal=True, default=dict)
    currency = UnicodeAttribute(personal=False)
    journal_seq = IntegerAttribute(personal=False, default=0)
