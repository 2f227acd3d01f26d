"""Every figure of a shop as it is stored, for a recount."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from chalicelib.discounts.domain.currency_keys import shop_suffix
from chalicelib.discounts.domain.deltas import Counters, Figure, FigureKey, OpenDays
from chalicelib.discounts.models import (
    CustomerInsight,
    DailyDiscountStats,
    DailyDiscountUsage,
    DiscountUsage,
    InventoryImpact,
    OrderUsage,
    ProductPerformance,
)
from chalicelib.kit.tables import readable_rows

_USE = ("times_used", "units", "revenue_before_discount", "discount_amount", "revenue_after_discount")
UNIQUE_COLUMNS = frozenset({"unique_customers", "repeat_usage_count"})
COLUMNS: Mapping[Figure, tuple[str, ...]] = MappingProxyType(
    {
        Figure.DISCOUNT: (*_USE, "revenue_impact", "unique_customers", "repeat_usage_count"),
        Figure.DISCOUNT_DAY: _USE,
        Figure.SHOP_DAY: (
            *("total_discounts_used", "total_revenue_impact", "total_savings"),
            *("unique_customers", "orders", "orders_with_discount"),
        ),
        Figure.PRODUCT: (
            *("units_sold_with_discount", "units_sold_without_discount", "total_discount_given"),
            *("revenue_with_discount", "revenue_without_discount"),
        ),
        Figure.PRODUCT_DAY: (
            *("units_sold_with_discount", "units_sold_regular_price"),
            *("revenue_with_discount", "revenue_regular_price"),
        ),
    }
)
"""The counters of each table."""

Stored = Iterator[tuple[FigureKey, Counters]]


def iterate_orders(shop: str) -> Iterator[OrderUsage]:
    """Iterate over the shop's orders, with consistent reads."""
    return readable_rows(OrderUsage.query(shop, consistent_read=True))


def iterate_customers(shop: str) -> Iterator[CustomerInsight]:
    """Iterate over the shop's customers, with consistent reads."""
    return readable_rows(CustomerInsight.query(shop, consistent_read=True))


def iterate_counters(shop: str, expected: Iterable[FigureKey], open_days: OpenDays, today: date) -> Stored:
    """Iterate over the shop's rows of counters: those of open days up to the day after `today`, and those of no day.

    Rows of days are read for the currencies and items of `expected`.
    """
    keys = list(expected)
    suffixes = {key.suffix for key in keys} | {""}
    for usage in readable_rows(DiscountUsage.query(shop, consistent_read=True)):
        suffix = _suffix(usage.discount_sku, f"{usage.discount_id}#{usage.sku}")
        yield _row(FigureKey(Figure.DISCOUNT, usage.discount_id, usage.sku, "", suffix, usage.currency), usage)
    items = {(key.item, key.suffix) for key in keys if key.item}
    item_suffixes = {suffix for _, suffix in items if suffix}
    for product in readable_rows(ProductPerformance.query(shop, consistent_read=True)):
        suffix = _item_suffix(product, item_suffixes)
        item = product.sku.removesuffix(suffix)
        items.add((item, suffix))
        yield _row(FigureKey(Figure.PRODUCT, "", item, "", suffix, product.currency), product)
    yield from _days(shop, suffixes, open_days, today)
    for item, suffix in sorted(items):
        yield from _stock(shop, item, suffix, open_days)


def _days(shop: str, suffixes: Iterable[str], open_days: OpenDays, today: date) -> Stored:
    first = open_days.figures_from
    for month in _months(first, today + timedelta(days=1)):
        query = DailyDiscountUsage.query(f"{shop}#{month}", consistent_read=True)
        for row in readable_rows(query):
            if row.date >= first:
                day = row.date.isoformat()
                suffix = _suffix(row.day_discount_sku, f"{day}#{row.discount_id}#{row.sku}")
                yield _row(FigureKey(Figure.DISCOUNT_DAY, row.discount_id, row.sku, day, suffix, row.currency), row)
    for suffix in sorted({shop_suffix(each) for each in suffixes}):
        days = DailyDiscountStats.query(f"{shop}{suffix}", DailyDiscountStats.date >= first, consistent_read=True)
        for stats in readable_rows(days):
            yield _row(FigureKey(Figure.SHOP_DAY, "", "", stats.date.isoformat(), suffix, stats.currency), stats)


def _stock(shop: str, item: str, suffix: str, open_days: OpenDays) -> Stored:
    days = InventoryImpact.query(
        f"{shop}#{item}{suffix}", InventoryImpact.date >= open_days.stock_from, consistent_read=True
    )
    for row in readable_rows(days):
        yield _row(FigureKey(Figure.PRODUCT_DAY, "", item, row.date.isoformat(), suffix, row.currency), row)


def _row(key: FigureKey, row: Any) -> tuple[FigureKey, Counters]:
    return key, {name: getattr(row, name) for name in COLUMNS[key.figure]}


def _item_suffix(row: ProductPerformance, suffixes: Iterable[str]) -> str:
    """Return the suffix of the currency with which the key ends, among those of the shop's orders; else nothing."""
    return next((each for each in suffixes if row.sku.endswith(each) and each.endswith(row.currency)), "")


def _suffix(key: str, plain: str) -> str:
    return key.removeprefix(plain)


def _months(first: date, last: date) -> Iterator[str]:
    month = first.replace(day=1)
    while month <= last:
        yield month.isoformat()[:7]
        month = (month + timedelta(days=32)).replace(day=1)
