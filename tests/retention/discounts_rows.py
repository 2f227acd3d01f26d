"""Rows in the tables of discounts, for shops and their customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from chalicelib.discounts import models
from chalicelib.discounts.domain.currency_keys import currency_suffix
from chalicelib.kit import ids

DAY = date(2026, 11, 1)
AddRow = Callable[..., Any]


def seed_shop(row: AddRow, mark: str, shop: str) -> None:
    """Store rows of a shop in every table."""
    discount = row(models.Discount, mark, shop=shop, live=shop)
    row(models.DiscountChange, mark, shop=shop, shop_discount=f"{shop}#{discount.discount_id}", version=1)
    for model in (
        models.DiscountName,
        models.ProductPerformance,
        models.Recommendation,
        models.CompetitorWatch,
        models.StoreGroupMember,
    ):
        row(model, mark, shop=shop)
    row(models.DiscountUsage, mark, shop=shop, currency="EUR")
    row(models.DailyDiscountUsage, mark, shop=shop, shop_month=f"{shop}#2026-11", date=DAY)
    row(models.DailyDiscountStats, mark, shop=shop, date=DAY)
    row(models.DailyDiscountStats, mark, shop=f"{shop}#EUR", date=DAY)
    row(models.InventoryImpact, mark, shop=shop, shop_sku=f"{shop}#{mark}", date=DAY)
    row(models.CompetitorPrice, mark, shop=shop, shop_sku=f"{shop}#{mark}")
    row(models.UsageJournal, mark, shop=shop)
    row(models.FigureExport, mark, shop=shop, s3_key=None)


def seed_customer(row: AddRow, mark: str, shop: str, customer: str, order: str) -> None:
    """Store an order of a customer, and their figures in two currencies, one of them also with a key of an earlier version. The order's personal columns have the mark."""
    marked = customer if mark in customer else f"{customer}-{mark}"
    row(
        models.OrderUsage,
        mark,
        shop=shop,
        order_id=order,
        customer_id=marked,
        shop_customer=f"{shop}#{customer}",
        lines=ids.new(),
        refunds={},
        currency="EUR",
        day=DAY,
    )
    for key in (customer, f"{marked}#EUR", marked + currency_suffix("EUR")):
        row(models.CustomerInsight, mark, shop=shop, customer_id=key)
