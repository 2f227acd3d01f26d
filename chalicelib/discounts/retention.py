"""Retention and personal data of discounts' tables.

Figures count orders, not persons: an erased customer leaves counts. A guest is found by the orders of the request. Rows
whose key begins with a shop and an item have no index by shop: it would add a write to each of them, and erasures of a
shop are rare.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.discounts.domain.currency_keys import SEPARATOR
from chalicelib.discounts.models import (
    APP,
    CompetitorPrice,
    CompetitorWatch,
    CustomerInsight,
    DailyDiscountStats,
    DailyDiscountUsage,
    Discount,
    DiscountChange,
    DiscountName,
    DiscountUsage,
    FigureExport,
    InventoryImpact,
    OrderUsage,
    ProductPerformance,
    Recommendation,
    StoreGroupMember,
    UsageJournal,
)
from chalicelib.kit.data_policy import Bucket, ExpiryAction, ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
)

RULES = (
    RetentionRule(
        "discounts/discount_daily", DailyDiscountUsage, "date", DailyDiscountUsage.KEEP, ExpiryAction.ARCHIVE
    ),
    RetentionRule("discounts/inventory_impact", InventoryImpact, "date", InventoryImpact.KEEP, ExpiryAction.ARCHIVE),
    RetentionRule("discounts/order_usages", OrderUsage, "day", timedelta(days=400), ExpiryAction.ARCHIVE, ("lines",)),
)

_SHOP = (SubjectQuery(SubjectType.SHOP, ByKey("shop", "{shop}")),)
_NO_INDEX = "an index by shop would add a write to each row, and erasures of a shop are rare"
_SHOP_BY_SCAN = (SubjectQuery(SubjectType.SHOP, ByScan(column="shop", value="{shop}", reason=_NO_INDEX)),)
_CUSTOMER_REMOVED = Redact(
    dict.fromkeys(("customer_id", "shop_customer", "ab_visitor"), Redaction.REMOVED),
    reason="figures are counted from it",
)

TABLE_POLICIES = (
    TablePolicy(
        "discounts/discount_changes",
        DiscountChange,
        queries=(
            SubjectQuery(
                SubjectType.SHOP, ViaTable("discounts/discounts", ByKey("shop_discount", "{shop}#{discount_id}"))
            ),
        ),
        app=APP,
    ),
    TablePolicy("discounts/discounts", Discount, queries=_SHOP, app=APP),
    TablePolicy("discounts/discount_names", DiscountName, queries=_SHOP, app=APP),
    TablePolicy("discounts/discount_analytics", DiscountUsage, queries=_SHOP, app=APP),
    TablePolicy("discounts/discount_daily", DailyDiscountUsage, queries=_SHOP_BY_SCAN, app=APP),
    TablePolicy(
        "discounts/daily_discount_stats",
        DailyDiscountStats,
        queries=(
            *_SHOP,
            SubjectQuery(
                SubjectType.SHOP, ViaTable("discounts/discount_analytics", ByKey("shop", "{shop}#{currency}"))
            ),
        ),
        app=APP,
    ),
    TablePolicy("discounts/product_performance", ProductPerformance, queries=_SHOP, app=APP),
    TablePolicy(
        "discounts/customer_insights",
        CustomerInsight,
        queries=(
            *_SHOP,
            SubjectQuery(SubjectType.CUSTOMER, ByKey("shop", "{shop}", "{id}")),
            SubjectQuery(
                SubjectType.CUSTOMER, ViaTable("discounts/order_usages", ByKey("shop", "{shop}", "{customer_id}"))
            ),
            SubjectQuery(
                SubjectType.CUSTOMER,
                ViaTable("discounts/order_usages", ByKey("shop", "{shop}", "{customer_id}#{currency}")),
            ),
            SubjectQuery(
                SubjectType.CUSTOMER,
                ViaTable("discounts/order_usages", ByKey("shop", "{shop}", f"{{customer_id}}{SEPARATOR}{{currency}}")),
            ),
        ),
        app=APP,
    ),
    TablePolicy("discounts/inventory_impact", InventoryImpact, queries=_SHOP_BY_SCAN, app=APP),
    TablePolicy(
        "discounts/order_usages",
        OrderUsage,
        queries=(
            *_SHOP,
            SubjectQuery(SubjectType.CUSTOMER, ByIndex("shop_customer", "{shop}#{id}"), _CUSTOMER_REMOVED),
            SubjectQuery(SubjectType.CUSTOMER, ByKey("shop", "{shop}", "{alias}"), _CUSTOMER_REMOVED),
        ),
        app=APP,
    ),
    TablePolicy("discounts/usage_journals", UsageJournal, queries=_SHOP, app=APP),
    TablePolicy("discounts/recommendations", Recommendation, queries=_SHOP, app=APP),
    TablePolicy("discounts/competitor_watches", CompetitorWatch, queries=_SHOP, app=APP),
    TablePolicy("discounts/competitor_prices", CompetitorPrice, queries=_SHOP_BY_SCAN, app=APP),
    TablePolicy("discounts/exports", FigureExport, queries=_SHOP, app=APP, object_columns=("s3_key",)),
    TablePolicy(
        "discounts/store_groups",
        StoreGroupMember,
        queries=(SubjectQuery(SubjectType.SHOP, ByIndex("shop", "{shop}")),),
        app=APP,
        unique_values=(("shop", "shop"), ("place", "group_id", "place")),
    ),
)
OBJECT_PREFIXES: tuple[ObjectPrefix, ...] = (
    ObjectPrefix(
        Bucket.IMAGES,
        "journals/",
        folders={SubjectType.SHOP: "journals/{shop}/"},
        app=APP,
        is_exported=False,
        note="A journal is deleted when it closes, within seconds. The bucket deletes leftovers after 7 days.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "order-lines/",
        folders={SubjectType.SHOP: "order-lines/{shop}/"},
        app=APP,
        note="Lines and refunds of orders with over about 80 lines; they name no customer. "
        "The archive of the orders takes their text, and they are deleted.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "changes/",
        folders={SubjectType.SHOP: "changes/{shop}/"},
        app=APP,
        note="Changes of discounts of over 4 kB. The bucket deletes them after 731 days, like their rows.",
    ),
    ObjectPrefix(
        Bucket.IMAGES,
        "figure-exports/",
        folders={
            SubjectType.SHOP: "figure-exports/{shop}/",
            SubjectType.CUSTOMER: "figure-exports/{shop}/customers/",
        },
        app=APP,
        is_exported=False,
        note="CSV files of figures, for 14 days. A customer's erasure deletes all of the shop's files of customers.",
    ),
)
