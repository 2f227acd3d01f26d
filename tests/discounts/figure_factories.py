"""Rows of figures, as the journal writes them, and a plain recount of the dashboard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.discounts.enums import CustomerSegment, NameKind, ValueType
from chalicelib.discounts.models import (
    CustomerInsight,
    DailyDiscountStats,
    DailyDiscountUsage,
    Discount,
    DiscountName,
    DiscountUsage,
    InventoryImpact,
    ProductPerformance,
)
from chalicelib.kit import clock

NEW_YORK = ZoneInfo("America/New_York")


def today() -> date:
    """Return the date in the sandbox's shops, which are in New York."""
    return clock.now().astimezone(NEW_YORK).date()


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def add_discount(shop: str, discount_id: str, title: str, *skus: str, **columns: Any) -> None:
    """Store a discount with its names, as the API does."""
    now = clock.now()
    Discount(
        shop,
        discount_id,
        title=title,
        value_type=ValueType.PERCENTAGE,
        value=Decimal(10),
        skus=list(skus),
        combines_with={},
        **{"live": shop, "created_at": now, "updated_at": now, **columns},
    ).save()
    names = {f"title:{title.casefold()}": NameKind.TITLE, **{f"sku:{sku}#{discount_id}": NameKind.SKU for sku in skus}}
    if columns.get("discount_code"):
        names[f"code:{columns['discount_code'].lower()}"] = NameKind.CODE
    for name, kind in names.items():
        DiscountName(shop, name, discount_id=discount_id, kind=kind, since=now).save()


def usage_day(shop: str, day: date, key: tuple[str, str], uses: int = 1, **columns: Any) -> DailyDiscountUsage:
    """Return the row of a day; `key` is (discount, SKU). Each use saves 2 of 10."""
    discount_id, sku = key
    currency = columns.pop("currency", "USD")
    suffix = "" if currency == "USD" else f"#{currency}"
    return DailyDiscountUsage(
        f"{shop}#{day:%Y-%m}",
        f"{day.isoformat()}#{discount_id}#{sku}{suffix}",
        shop=shop,
        date=day,
        discount_id=discount_id,
        sku=sku,
        currency=currency,
        **{
            "times_used": uses,
            "units": uses,
            "revenue_before_discount": Decimal(10 * uses),
            "discount_amount": Decimal(2 * uses),
            "revenue_after_discount": Decimal(8 * uses),
            **columns,
        },
    )


def shop_days(shop: str, rows: Iterable[DailyDiscountUsage]) -> list[DailyDiscountStats]:
    """Return the shop's days that belong to rows of usage, each use an order of one line."""
    days: dict[tuple[str, date], list[DailyDiscountUsage]] = defaultdict(list)
    for row in rows:
        days[row.currency, row.date].append(row)
    return [
        DailyDiscountStats(
            shop if currency == "USD" else f"{shop}#{currency}",
            day,
            total_discounts_used=sum(row.times_used for row in of_day),
            total_revenue_impact=sum((row.revenue_after_discount for row in of_day), Decimal(0)),
            total_savings=sum((row.discount_amount for row in of_day), Decimal(0)),
            orders=sum(row.times_used for row in of_day) + 1,
            orders_with_discount=sum(row.times_used for row in of_day),
            currency=currency,
            expires_epoch=clock.now() + DailyDiscountStats.KEEP,
        )
        for (currency, day), of_day in days.items()
    ]


def save_all(rows: Iterable[Any]) -> None:
    """Write rows of any tables."""
    by_model: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    for model, of_model in by_model.items():
        with model.batch_write() as batch:
            for row in of_model:
                batch.save(row)


def sku_usage(shop: str, discount_id: str, sku: str, **columns: Any) -> DiscountUsage:
    now = clock.now()
    return DiscountUsage(
        shop,
        f"{discount_id}#{sku}",
        discount_id=discount_id,
        sku=sku,
        **{"times_used": 1, "currency": "USD", "created_at": now, "first_used_at": now, **columns},
    )


def product(shop: str, sku: str, **columns: Any) -> ProductPerformance:
    return ProductPerformance(shop, sku, currency="USD", updated_at=clock.now(), **columns)


def customer(shop: str, number: int, segment: CustomerSegment | None, **columns: Any) -> CustomerInsight:
    return CustomerInsight(
        shop,
        f"gid://shopify/Customer/{number}",
        customer_segment=segment,
        currency="USD",
        uses={"abc": 1},
        **columns,
    )


def stock_day(shop: str, sku: str, day: date, **columns: Any) -> InventoryImpact:
    return InventoryImpact(f"{shop}#{sku}", day, shop=shop, sku=sku, currency="USD", **columns)


def all_items(merchant: Any, path: str, limit: int = 2, **query: str) -> list[dict[str, Any]]:
    """Return the items of every page of a list; `merchant` is the method of a DiscountShop."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        asked = {**query, "limit": str(limit), **({"cursor": cursor} if cursor else {})}
        parameters = "&".join(f"{name.rstrip('_')}={value}" for name, value in asked.items())
        response = merchant("GET", f"{path}?{parameters}")
        assert response.status_code == 200, response.text
        page = response.json()
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items


def at(day: date, hour: int = 12) -> datetime:
    """Return a time of a day in New York."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK)
