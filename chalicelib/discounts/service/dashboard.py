"""The dashboard of a store or of a group of stores. Each store's figures are cached for five minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial

from pydantic import TypeAdapter

from chalicelib.discounts.domain.dashboard import CurrencyFigures, DiscountTotal, ShopDay, UsageDay, combine, summarize
from chalicelib.discounts.domain.local_days import local_date
from chalicelib.discounts.models import APP, DailyDiscountStats, DailyDiscountUsage
from chalicelib.discounts.repository import figures
from chalicelib.discounts.repository.figures import Period
from chalicelib.discounts.repository.top_discounts import find_titles
from chalicelib.discounts.schemas.dashboard import (
    CurrencyFiguresRead,
    DashboardDayRead,
    DashboardQuery,
    DashboardRead,
    TopDiscountRead,
    TopSkuRead,
)
from chalicelib.discounts.service.store_groups import list_stores
from chalicelib.kit import clock, data_subjects
from chalicelib.kit.cached_values import CacheKey, get_or_compute
from chalicelib.kit.threads import map_in_threads
from chalicelib.shops import service as shops


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """A store's figures by currency, with its present currency and when they were computed."""

    shop: str
    as_of: datetime
    currency: str | None
    figures: list[CurrencyFigures]


def read_dashboard(shop: str, query: DashboardQuery) -> DashboardRead:
    """Return the figures of the last days, of the store alone or of all stores of its group.

    Costs one read a store if they are cached. Raises Unavailable.
    """
    days = int(query.days)
    names = [shop] if query.stores == "me" else list_stores(shop)
    stores = map_in_threads(partial(_cached_figures, days=days), names)
    by_currency: dict[str, list[CurrencyFigures]] = defaultdict(list)
    for store in stores:
        for each in store.figures:
            by_currency[each.currency].append(each)
    own = next(store.currency for store in stores if store.shop == shop)
    totals = {currency: _to_read(combine(parts)) for currency, parts in sorted(by_currency.items())}
    present = totals.pop(own or "", None) or _to_read(CurrencyFigures(own or ""))
    return DashboardRead(
        **present.model_dump(exclude={"currency"}),
        currency=own,
        days=days,
        stores=names,
        as_of=min(store.as_of for store in stores),
        other_currencies=list(totals.values()),
    )


def compute_figures(shop: str, days: int) -> StoreFigures:
    """Read a store's rows of the last days, today included, and return its figures.

    Costs one query a month, one for the days and one for each other currency.
    """
    now, locale = clock.now(), shops.find_locale(shop, APP)
    today = local_date(now, locale.time_zone)
    period = Period(today - timedelta(days=days - 1), today)
    usages = [_usage_day(row) for row in figures.iterate_daily_usages(shop, period)]
    shop_days = [_shop_day(row) for row in figures.iterate_shop_days(shop, period)]
    for currency in {usage.currency for usage in usages} - {locale.currency}:
        shop_days += [_shop_day(row) for row in figures.iterate_shop_days(shop, period, currency)]
    every_day = [period.first + timedelta(days=number) for number in range(days)]
    summary = summarize(shop, every_day, usages, shop_days)
    if locale.currency and locale.currency not in summary:
        empty_days = [ShopDay(day, locale.currency) for day in every_day]
        summary[locale.currency] = CurrencyFigures(locale.currency, trend=empty_days)
    return StoreFigures(shop, now, locale.currency, [_with_titles(each) for each in summary.values()])


def _cached_figures(shop: str, days: int) -> StoreFigures:
    key = CacheKey(data_subjects.app(shop, APP), f"dashboard/{days}")
    text = get_or_compute(key, lambda: _adapter().dump_json(compute_figures(shop, days)).decode())
    return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[StoreFigures]:
    return TypeAdapter(StoreFigures)


def _usage_day(row: DailyDiscountUsage) -> UsageDay:
    return UsageDay(
        row.date,
        row.discount_id,
        row.sku,
        row.currency,
        uses=row.times_used,
        savings=row.discount_amount,
        revenue=row.revenue_after_discount,
    )


def _shop_day(row: DailyDiscountStats) -> ShopDay:
    return ShopDay(
        row.date,
        row.currency,
        uses=row.total_discounts_used,
        savings=row.total_savings,
        revenue=row.total_revenue_impact,
        orders=row.orders_with_discount,
    )


def _with_titles(figures_of_currency: CurrencyFigures) -> CurrencyFigures:
    """Return the figures with the titles and codes of their top discounts, deleted ones too."""
    tops = figures_of_currency.top_discounts
    return replace(figures_of_currency, top_discounts=_named(tops)) if tops else figures_of_currency


def _named(totals: Iterable[DiscountTotal]) -> list[DiscountTotal]:
    listed = list(totals)
    titles = find_titles(listed[0].shop, [total.discount_id for total in listed])
    missing = ("", None)
    return [
        replace(total, title=titles.get(total.discount_id, missing)[0], code=titles.get(total.discount_id, missing)[1])
        for total in listed
    ]


def _to_read(each: CurrencyFigures) -> CurrencyFiguresRead:
    total = each.total
    return CurrencyFiguresRead(
        currency=each.currency or None,
        total_discounts=each.discounts,
        unique_skus=each.skus,
        orders=total.orders,
        total_uses=total.uses,
        total_savings=total.savings,
        revenue_after_discount=total.revenue,
        trend=[
            DashboardDayRead(
                date=day.day,
                uses=day.uses,
                orders=day.orders,
                savings=day.savings,
                revenue_after_discount=day.revenue,
            )
            for day in each.trend
        ],
        top_skus=[TopSkuRead.of(sku) for sku in each.top_skus],
        top_discounts=[
            TopDiscountRead(
                shop=total.shop,
                discount_id=total.discount_id,
                title=total.title,
                discount_code=total.code,
                uses=total.uses,
                savings=total.savings,
                revenue_after_discount=total.revenue,
            )
            for total in each.top_discounts
        ],
    )
