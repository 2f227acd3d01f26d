"""The dashboard: the usage of a shop's discounts in the last days, by currency. Definitions: docs/glossary.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

TOP = 10
"""The number of SKUs and discounts that are listed."""
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class UsageDay:
    """The usage of one discount by one SKU on a day. `revenue` is after every discount of the lines."""

    day: date
    discount_id: str
    sku: str
    currency: str
    uses: int
    savings: Decimal
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class ShopDay:
    """A shop's day: uses, what our discounts saved, revenue of lines with a use, and orders with a use."""

    day: date
    currency: str
    uses: int = 0
    savings: Decimal = NOTHING
    revenue: Decimal = NOTHING
    orders: int = 0

    def plus(self, other: ShopDay) -> ShopDay:
        """Return the day with the figures of another store added."""
        return replace(
            self,
            uses=self.uses + other.uses,
            savings=self.savings + other.savings,
            revenue=self.revenue + other.revenue,
            orders=self.orders + other.orders,
        )


@dataclass(frozen=True, slots=True)
class SkuTotal:
    """A SKU's uses and savings by every discount of a shop."""

    shop: str
    sku: str
    uses: int
    savings: Decimal


@dataclass(frozen=True, slots=True)
class DiscountTotal:
    """A discount's uses, savings and revenue over its SKUs."""

    shop: str
    discount_id: str
    uses: int
    savings: Decimal
    revenue: Decimal
    title: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True)
class CurrencyFigures:
    """The figures in one currency. `discounts` and `skus` are the numbers of those with a use."""

    currency: str
    discounts: int = 0
    skus: int = 0
    trend: list[ShopDay] = field(default_factory=list)
    top_skus: list[SkuTotal] = field(default_factory=list)
    top_discounts: list[DiscountTotal] = field(default_factory=list)

    @property
    def total(self) -> ShopDay:
        """The sum of all days; its day has no meaning."""
        total = ShopDay(date.min, self.currency)
        for day in self.trend:
            total = total.plus(day)
        return total


def summarize(
    shop: str, days: Sequence[date], usages: Iterable[UsageDay], shop_days: Iterable[ShopDay]
) -> dict[str, CurrencyFigures]:
    """Return a shop's figures by currency; the trend has each of `days`. Rows without a use are ignored."""
    used: dict[str, list[UsageDay]] = defaultdict(list)
    for usage in usages:
        if usage.uses > 0:
            used[usage.currency].append(usage)
    by_day: dict[str, dict[date, ShopDay]] = defaultdict(dict)
    for shop_day in shop_days:
        by_day[shop_day.currency][shop_day.day] = shop_day
    return {
        currency: CurrencyFigures(
            currency,
            discounts=len({usage.discount_id for usage in used[currency]}),
            skus=len({usage.sku for usage in used[currency]}),
            trend=[by_day[currency].get(day, ShopDay(day, currency)) for day in days],
            top_skus=_top_skus(shop, used[currency]),
            top_discounts=_top_discounts(shop, used[currency]),
        )
        for currency in sorted({*used, *by_day})
    }


def combine(stores: Iterable[CurrencyFigures]) -> CurrencyFigures:
    """Return the sums of stores in one currency; there is at least one. A SKU of two stores counts twice."""
    figures = list(stores)
    trend: dict[date, ShopDay] = {}
    for each in figures:
        for day in each.trend:
            trend[day.day] = trend[day.day].plus(day) if day.day in trend else day
    return CurrencyFigures(
        figures[0].currency,
        discounts=sum(each.discounts for each in figures),
        skus=sum(each.skus for each in figures),
        trend=[trend[day] for day in sorted(trend)],
        top_skus=_top_of_skus(total for each in figures for total in each.top_skus),
        top_discounts=_top_of_discounts(total for each in figures for total in each.top_discounts),
    )


def _top_skus(shop: str, usages: Iterable[UsageDay]) -> list[SkuTotal]:
    totals: dict[str, SkuTotal] = {}
    for usage in usages:
        total = totals.get(usage.sku, SkuTotal(shop, usage.sku, 0, NOTHING))
        totals[usage.sku] = replace(total, uses=total.uses + usage.uses, savings=total.savings + usage.savings)
    return _top_of_skus(totals.values())


def _top_discounts(shop: str, usages: Iterable[UsageDay]) -> list[DiscountTotal]:
    totals: dict[str, DiscountTotal] = {}
    for usage in usages:
        total = totals.get(usage.discount_id, DiscountTotal(shop, usage.discount_id, 0, NOTHING, NOTHING))
        totals[usage.discount_id] = replace(
            total,
            uses=total.uses + usage.uses,
            savings=total.savings + usage.savings,
            revenue=total.revenue + usage.revenue,
        )
    return _top_of_discounts(totals.values())


def _top_of_skus(totals: Iterable[SkuTotal]) -> list[SkuTotal]:
    return sorted(totals, key=lambda total: (-total.savings, total.sku, total.shop))[:TOP]


def _top_of_discounts(totals: Iterable[DiscountTotal]) -> list[DiscountTotal]:
    return sorted(totals, key=lambda total: (-total.savings, total.discount_id, total.shop))[:TOP]
