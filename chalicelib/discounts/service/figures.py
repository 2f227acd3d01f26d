"""Lists of figures: usage of discounts by SKUs, a shop's days, products, customers, and stock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from chalicelib.discounts.domain.currency_keys import split_customer_key, split_item_key
from chalicelib.discounts.domain.local_days import local_date
from chalicelib.discounts.models import APP, CustomerInsight, DailyDiscountUsage, ProductPerformance
from chalicelib.discounts.repository import figures
from chalicelib.discounts.repository.figures import Period, UsageFilter
from chalicelib.discounts.schemas.figures import (
    MAX_DAYS,
    CustomerFigureQuery,
    CustomerFigureRead,
    DayFigureRead,
    InventoryFigureQuery,
    InventoryFigureRead,
    PeriodQuery,
    ProductFigureQuery,
    ProductFigureRead,
    SkuFigureQuery,
    SkuFigureRead,
)
from chalicelib.kit import clock
from chalicelib.kit.errors import InvalidInput
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops import service as shops

DEFAULT_DAYS = 30
_DAY = timedelta(days=1)


def list_sku_figures(shop: str, query: SkuFigureQuery, page: PageRequest) -> PageResult[SkuFigureRead]:
    """Return a page of the usage of discounts by SKU: in total, or by day if the query has days."""
    usage_filter = UsageFilter(query.discount_id, query.sku)
    if query.first is None and query.last is None:
        return figures.list_usages(shop, usage_filter, page).map(SkuFigureRead.of)
    today = local_today(shop)
    require_range(today, query.first, query.last, "query.from")
    period = stored_days(today, query.first, query.last)
    return figures.list_daily_usages(shop, period, usage_filter, page).map(SkuFigureRead.of)


def list_day_figures(shop: str, query: PeriodQuery, page: PageRequest) -> PageResult[DayFigureRead]:
    """Return a page of the shop's days, newest first."""
    today = local_today(shop)
    require_range(today, query.first, query.last, "query.from")
    period = days_of(today, query.first, query.last)
    return figures.list_shop_days(shop, period, page).map(DayFigureRead.of)


def list_product_figures(shop: str, query: ProductFigureQuery, page: PageRequest) -> PageResult[ProductFigureRead]:
    """Return a page of the sales of each SKU with and without a discount."""
    return figures.list_products(shop, query.sku, page).map(product_reader(shop))


def list_customer_figures(shop: str, query: CustomerFigureQuery, page: PageRequest) -> PageResult[CustomerFigureRead]:
    """Return a page of the usage and purchases of customers."""
    return figures.list_customers(shop, query.segment, page).map(read_customer)


def list_inventory_figures(
    shop: str, query: InventoryFigureQuery, page: PageRequest
) -> PageResult[InventoryFigureRead]:
    """Return a page of a SKU's days, newest first."""
    today = local_today(shop)
    require_range(today, query.first, query.last, "query.from")
    period = days_of(today, query.first, query.last)
    return figures.list_inventory(shop, query.sku, period, page).map(InventoryFigureRead.of)


def product_reader(shop: str) -> Callable[[ProductPerformance], ProductFigureRead]:
    """Return the function that shows a row of the shop's products, by its SKU without the currency of its key."""
    shop_currency = shops.find_locale(shop, APP).currency

    def read(row: ProductPerformance) -> ProductFigureRead:
        sku, _ = split_item_key(row.sku, row.currency, shop_currency)
        return ProductFigureRead.of(row).model_copy(update={"sku": sku})

    return read


def read_customer(row: CustomerInsight) -> CustomerFigureRead:
    """Show a row of a customer, by the id without the currency of its key."""
    customer_id, _ = split_customer_key(row.customer_id)
    return CustomerFigureRead.of(row).model_copy(update={"customer_id": customer_id})


def local_today(shop: str) -> date:
    """Return the date in the shop's time zone."""
    return local_date(clock.now(), shops.find_locale(shop, APP).time_zone)


def require_range(today: date, first: date | None, last: date | None, path: str) -> None:
    """Raise InvalidInput, for this field, if `from` alone means more than 400 days; the schema checks it with `to`."""
    period = days_of(today, first, last)
    if (period.last - period.first).days >= MAX_DAYS:
        message = f"must be within {MAX_DAYS} days of today"
        raise InvalidInput(f"{path}: {message}", errors=[{"path": path, "message": message}])


def stored_days(today: date, first: date | None, last: date | None) -> Period:
    """Return the days of usage that are not archived yet."""
    period = days_of(today, first, last)
    return Period(max(period.first, today - DailyDiscountUsage.KEEP), min(period.last, today + _DAY))


def days_of(today: date, first: date | None, last: date | None) -> Period:
    """Return the days from `first` to `last`; by default until today, and 30 of them."""
    end = last or (max(today, first) if first else today)
    return Period(first or end - (DEFAULT_DAYS - 1) * _DAY, end)
