"""Tables of the measures: of a store's days and months, of the platform's revenue, and of its endpoints' speed.

Each row is computed from its sources and replaced, never incremented, so that a repeated computation gives the same
row.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class StoreAnalytics(Table):
    """A store's visits, orders and customers on one of its own days, in its time zone and currency.

    `orders` were placed on the day and are neither cancelled nor refunded; `revenue` is the total of those in the store's
    currency. `avg_order_value` is None without orders, `conversion_rate` (orders per visit) None without visits.
    """

    class Meta:
        table_name = tables.name("platform", "store_analytics")

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    date = DateAttribute(personal=False, range_key=True)
    visits = IntegerAttribute(personal=False, default=0)
    orders = IntegerAttribute(personal=False, default=0)
    revenue = DecimalAttribute(personal=False, default=Decimal(0))
    avg_order_value = DecimalAttribute(personal=False, null=True)
    conversion_rate = DecimalAttribute(personal=False, null=True)
    new_customers = IntegerAttribute(personal=False, default=0)
    computed_at = DateTimeAttribute(personal=False)


class RevenueEntriesByStore(GlobalSecondaryIndex["RevenueEntry"]):
    """Index: a store's entries, for its erasure."""

    class Meta:
        index_name = "by_store"
        projection = KeysOnlyProjection()

    store_id = UnicodeAttribute(personal=True, hash_key=True)
    period = UnicodeAttribute(personal=False, range_key=True)


class RevenueEntry(Table):
    """An amount or a count that a revenue report sums, without tax. `period` is `YYYY-MM`, UTC.

    `entry_id` is `payment:<payment id>`, `refund:<refund id>` (its amount is negative), `reversal:<refund id>` (the
    money of a refund that came back), `store:<subscription id>` (a new store) or `churn:<subscription id>`. Of two
    messages about one entry, the one with the higher `version` is stored.
    """

    class Meta:
        table_name = tables.name("platform", "revenue_entries")

    KEEP = timedelta(days=7 * 365)
    by_store = RevenueEntriesByStore()

    period = UnicodeAttribute(personal=False, hash_key=True)
    entry_id = UnicodeAttribute(personal=False, range_key=True)
    store_id = UnicodeAttribute(personal=True)
    plan = UnicodeAttribute(personal=False, null=True)
    amount = DecimalAttribute(personal=False, default=Decimal(0))
    currency = UnicodeAttribute(personal=False)
    version = IntegerAttribute(personal=False, default=0)
    occurred_at = DateTimeAttribute(personal=False)


class RevenueReport(Table):
    """The stores' payments and refunds of a month (UTC), computed from `revenue_entries`.

    `total_revenue` is in USD. `by_currency` has each currency's sum, `by_plan` each plan's in USD, both as decimal text.
    `new_stores` and `churned_stores` count subscriptions that began and ended. `is_final`: three days after the month's
    end the report is not computed again.
    """

    class Meta:
        table_name = tables.name("platform", "revenue_reports")

    period = UnicodeAttribute(personal=False, hash_key=True)
    total_revenue = DecimalAttribute(personal=False, default=Decimal(0))
    by_currency = JsonAttribute(personal=False, null=True)
    by_plan = JsonAttribute(personal=False, null=True)
    new_stores = IntegerAttribute(personal=False, default=0)
    churned_stores = IntegerAttribute(personal=False, default=0)
    is_final = BooleanAttribute(personal=False, default=False)
    generated_at = DateTimeAttribute(personal=False)


class UsageStatistic(Table):
    """A store's usage in a month (`YYYY-MM`, UTC).

    `over_limit` names the limits of which 80 % and more are used, with the percentage: `max_products:83`.
    """

    class Meta:
        table_name = tables.name("platform", "usage_statistics")

    period = UnicodeAttribute(personal=False, hash_key=True)
    store_id = UnicodeAttribute(personal=False, range_key=True)
    products = IntegerAttribute(personal=False, default=0)
    orders = IntegerAttribute(personal=False, default=0)
    storage_bytes = IntegerAttribute(personal=False, default=0)
    api_calls = IntegerAttribute(personal=False, default=0)
    over_limit = JsonAttribute(personal=False, default=list)


class PerformanceMetricsByHour(GlobalSecondaryIndex["PerformanceMetric"]):
    """Index: all endpoints of an hour."""

    class Meta:
        index_name = "by_hour"
        projection = AllProjection()

    hour = DateTimeAttribute(personal=False, hash_key=True)
    endpoint = UnicodeAttribute(personal=False, range_key=True)


class PerformanceMetric(Table):
    """The calls of an endpoint of the data API in an hour, computed from the stores' `usage_hours`. Times are in ms."""

    class Meta:
        table_name = tables.name("platform", "performance_metrics")

    KEEP = timedelta(days=395)
    by_hour = PerformanceMetricsByHour()

    endpoint = UnicodeAttribute(personal=False, hash_key=True)
    hour = DateTimeAttribute(personal=False, range_key=True)
    calls = IntegerAttribute(personal=False, default=0)
    errors = IntegerAttribute(personal=False, default=0)
    p50_ms = IntegerAttribute(personal=False, null=True)
    p95_ms = IntegerAttribute(personal=False, null=True)
    p99_ms = IntegerAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False)
