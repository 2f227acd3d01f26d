"""Pages of figures, newest day first or in the order of their keys. The cost of a page grows with its rows.

Rows of days are partitioned by month: a page continues in the previous month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from chalicelib.discounts.domain.currency_keys import SEPARATOR
from chalicelib.discounts.enums import CustomerSegment
from chalicelib.discounts.models import (
    CustomerInsight,
    DailyDiscountStats,
    DailyDiscountUsage,
    DiscountUsage,
    InventoryImpact,
    ProductPerformance,
)
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Table, get_many, readable_rows

T = TypeVar("T", bound=Table)
_FILTERED_ROWS = 1_000
"""Rows of one query that a filter reads; without it, a query would read no more rows than the page needs."""
_AFTER_DAY = "$"
"""Sorts after `#`, which follows the date in a key."""


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both ends included."""

    first: date
    last: date

    def months(self) -> Iterator[Period]:
        """Yield the parts of the period by month, newest first."""
        last = self.last
        while last >= self.first:
            first = max(self.first, last.replace(day=1))
            yield Period(first, last)
            last = last.replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """The usages to list; None: any."""

    discount_id: str | None = None
    sku: str | None = None


def list_usages(shop: str, usage_filter: UsageFilter, page: PageRequest) -> PageResult[DiscountUsage]:
    """Return a page of the lifetime usage of discounts by SKUs."""
    if usage_filter.sku is not None:
        index = DiscountUsage.by_sku.query(
            shop, DiscountUsage.sku == usage_filter.sku, limit=page.limit, last_evaluated_key=page.start
        )
        keys = query_page(index)
        rows = get_many([(DiscountUsage, (shop, key.discount_sku)) for key in keys.items])
        matches = [row for row in rows if row and usage_filter.discount_id in (None, row.discount_id)]
        return PageResult(matches, keys.last_key)
    condition = (
        DiscountUsage.discount_sku.startswith(f"{usage_filter.discount_id}#") if usage_filter.discount_id else None
    )
    return query_page(DiscountUsage.query(shop, condition, limit=page.limit, last_evaluated_key=page.start))


def list_daily_usages(
    shop: str, period: Period, usage_filter: UsageFilter, page: PageRequest
) -> PageResult[DailyDiscountUsage]:
    """Return a page of the usage by day, newest day first."""
    condition = None
    if usage_filter.discount_id is not None:
        condition = DailyDiscountUsage.discount_id == usage_filter.discount_id
    if usage_filter.sku is not None:
        by_sku = DailyDiscountUsage.sku == usage_filter.sku
        condition = by_sku if condition is None else condition & by_sku
    items: list[DailyDiscountUsage] = []
    start = page.start
    for month in period.months():
        partition = _partition(shop, month)
        if start and start["shop_month"]["S"] < partition:
            continue
        rows = DailyDiscountUsage.query(
            partition,
            _days_in(month),
            filter_condition=condition,
            scan_index_forward=False,
            limit=page.limit - len(items),
            page_size=_FILTERED_ROWS if condition is not None else None,
            last_evaluated_key=start if start and start["shop_month"]["S"] == partition else None,
        )
        items += list(rows)
        if len(items) >= page.limit:
            return PageResult(items, _key_of(items[-1]))
    return PageResult(items)


def iterate_daily_usages(shop: str, period: Period) -> Iterator[DailyDiscountUsage]:
    """Yield the usage by day, newest month first, with one query a month. An unreadable row is skipped."""
    for month in period.months():
        yield from readable_rows(DailyDiscountUsage.query(_partition(shop, month), _days_in(month)))


def list_shop_days(shop: str, period: Period, page: PageRequest) -> PageResult[DailyDiscountStats]:
    """Return a page of a shop's days, newest first."""
    rows = DailyDiscountStats.query(
        shop,
        DailyDiscountStats.date.between(period.first, period.last),
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return query_page(rows)


def iterate_shop_days(shop: str, period: Period, currency: str | None = None) -> Iterator[DailyDiscountStats]:
    """Yield a shop's days; with `currency`, those of orders in a currency that is not the shop's present one."""
    key = f"{shop}#{currency}" if currency else shop
    yield from readable_rows(DailyDiscountStats.query(key, DailyDiscountStats.date.between(period.first, period.last)))


def list_products(shop: str, sku: str | None, page: PageRequest) -> PageResult[ProductPerformance]:
    """Return a page of the products' figures in the order of their SKUs; those of one SKU in each currency."""
    condition = ProductPerformance.sku.between(sku, f"{sku}{SEPARATOR}\uffff") if sku else None
    return query_page(ProductPerformance.query(shop, condition, limit=page.limit, last_evaluated_key=page.start))


def list_customers(shop: str, segment: CustomerSegment | None, page: PageRequest) -> PageResult[CustomerInsight]:
    """Return a page of the customers' figures; of one segment through its index."""
    if segment is None:
        return query_page(CustomerInsight.query(shop, limit=page.limit, last_evaluated_key=page.start))
    by_segment = CustomerInsight.by_customer_segment.query(
        shop, CustomerInsight.customer_segment == segment, limit=page.limit, last_evaluated_key=page.start
    )
    keys = query_page(by_segment)
    rows = get_many([(CustomerInsight, (shop, key.customer_id)) for key in keys.items])
    return PageResult([row for row in rows if row], keys.last_key)


def list_inventory(shop: str, sku: str, period: Period, page: PageRequest) -> PageResult[InventoryImpact]:
    """Return a page of a SKU's days, newest first."""
    rows = InventoryImpact.query(
        f"{shop}#{sku}",
        InventoryImpact.date.between(period.first, period.last),
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return query_page(rows)


def _partition(shop: str, month: Period) -> str:
    return f"{shop}#{month.first:%Y-%m}"


def _days_in(month: Period) -> Any:
    """Return the condition of the keys of these days of one month."""
    return DailyDiscountUsage.day_discount_sku.between(month.first.isoformat(), f"{month.last.isoformat()}{_AFTER_DAY}")


def _key_of(row: DailyDiscountUsage) -> dict[str, Any]:
    return {"shop_month": {"S": row.shop_month}, "day_discount_sku": {"S": row.day_discount_sku}}
