"""The stock of a shop's SKUs at the close of a day: a snapshot from Shopify, and the rates of products."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from chalicelib.analytics import service as analytics
from chalicelib.discounts.domain import stock
from chalicelib.discounts.domain.combination import Applicable, preview_cart
from chalicelib.discounts.domain.configuration import configuration
from chalicelib.discounts.domain.contribution import contribution
from chalicelib.discounts.domain.discount_terms import DiscountTerms, status_at, terms_of
from chalicelib.discounts.domain.evaluation import Cart, CartLine
from chalicelib.discounts.enums import DiscountStatus
from chalicelib.discounts.models import APP
from chalicelib.discounts.repository import discounts, order_usages, stock_days
from chalicelib.integrations.shopify.errors import AccessDenied, ShopUnavailable
from chalicelib.integrations.shopify.variants import VariantStock, iterate_stock
from chalicelib.kit import clock, logs
from chalicelib.kit.threads import map_in_threads
from chalicelib.shops import service as shops
from chalicelib.shops.service import InstallationNotFound

RATE_DAYS = 30
SOLD_WITHIN = timedelta(days=stock.SALES_DAYS)

log = logs.logger("discounts")


def snapshot_stock(shop: str, day: date) -> None:
    """Store stock, price and cost of the SKUs that are discounted now or were sold within 28 days, after their day.

    Costs two write units for each SKU. A repeat keeps the first snapshot. Without an installation it does nothing.
    Raises ShopifyThrottled, ShopifyUnavailable.
    """
    try:
        admin = shops.open_admin_api(shop, APP)
        currency = shops.find_locale(shop, APP).currency
        automatic, items = _watched_items(shop, day, currency)
        variants = {item: variant for variant in iterate_stock(admin.graphql, items) for item in _keys(variant)}
    except InstallationNotFound:
        log.info("stock not read: the app is not installed, or its tokens are revoked", extra={"shop": shop})
        return
    except (AccessDenied, ShopUnavailable) as error:
        log.warning("stock not read: Shopify refuses the shop or the scope", extra={"shop": shop, "why": str(error)})
        return
    known = [(item, variants[item]) for item in sorted(items) if item in variants]

    money_currency = currency or "USD"

    def store(pair: tuple[str, VariantStock]) -> None:
        offered = offered_price(pair[1], automatic, money_currency)
        _store_snapshot(shop, day, pair, (money_currency, offered))

    map_in_threads(store, known)


def measure_rates(shop: str, day: date) -> None:
    """Store the rates of the last 30 days of the products with sales, None for those without measured visitors.

    Reads the orders of these days, unless there are no measured visitors at all.
    """
    first = day - timedelta(days=RATE_DAYS - 1)
    viewers = _visitors(shop, "product_viewed", first, day)
    carts = _visitors(shop, "product_added_to_cart", first, day)
    orders = _orders_by_item(shop, first, day) if viewers or carts else {}
    for row in stock_days.iterate_products(shop, shops.find_locale(shop, APP).currency):
        bought = orders.get(row.sku, 0)
        purchases = stock.purchase_rate(bought, viewers.get(row.sku, 0))
        stock_days.set_rates(row, purchases, stock.abandonment_rate(bought, carts.get(row.sku, 0)))


def offered_price(variant: VariantStock, automatic: Mapping[str, DiscountTerms], currency: str) -> Decimal | None:
    """Return the variant's price less the automatic discounts for one unit; None if its price is unknown."""
    if variant.price is None:
        return None
    line = CartLine("1", 1, variant.price, variant.sku, variant.variant_id)
    applicable = [Applicable(name, configuration(each), each.combines_with.product) for name, each in automatic.items()]
    return preview_cart(applicable, Cart([line], currency, Decimal(1))).total_after


def _watched_items(shop: str, day: date, currency: str | None) -> tuple[dict[str, DiscountTerms], set[str]]:
    """Return the automatic discounts in force, and the items that are discounted or were sold recently."""
    now = clock.now()
    live = {row.discount_id: terms_of(discounts.columns_of_row(row)) for row in discounts.iterate_live(shop)}
    active = {name: terms for name, terms in live.items() if status_at(terms, now) is DiscountStatus.ACTIVE}
    items = {item for terms in active.values() for item in terms.skus}
    since = datetime.combine(day, time(), UTC) - SOLD_WITHIN
    items.update(row.sku for row in stock_days.iterate_products(shop, currency) if row.updated_at >= since)
    return {name: terms for name, terms in active.items() if terms.discount_code is None}, items


def _orders_by_item(shop: str, first: date, last: date) -> dict[str, int]:
    """Return how many orders of these days have units left of each item."""
    orders: dict[str, int] = {}
    for row in stock_days.iterate_orders_since(shop, first):
        for item in contribution(order_usages.to_state(row)).items if row.day <= last else ():
            orders[item] = orders.get(item, 0) + 1
    return orders


def _keys(variant: VariantStock) -> list[str]:
    return [variant.variant_id, *([variant.sku] if variant.sku else [])]


def _store_snapshot(shop: str, day: date, pair: tuple[str, VariantStock], money: tuple[str, Decimal | None]) -> None:
    (item, variant), (currency, offered) = pair, money
    days = stock_days.list_stock_days(shop, item, day - SOLD_WITHIN + timedelta(days=1), day)
    present = days.get(day, stock.StockDay(None, None, 0))
    ending = present.ending if present.ending is not None else variant.quantity
    window = [each for at, each in days.items() if at != day] + [
        stock.StockDay(present.starting, ending, present.units)
    ]
    closed = {
        "currency": currency,
        "ending_inventory": ending,
        "days_of_supply": stock.days_of_supply(ending, window) if ending is not None else None,
        "turnover_rate": stock.turnover_rate(window),
        "offered_price": offered,
        "unit_cost": variant.unit_cost,
    }
    stock_days.set_columns(shop, item, day, closed)
    stock_days.set_columns(
        shop, item, day + timedelta(days=1), {"currency": currency, "starting_inventory": variant.quantity}
    )


def _visitors(shop: str, event: str, first: date, last: date) -> dict[str, int]:
    """Return the sums of the daily visitors of an event, by SKU."""
    sums: dict[str, int] = {}
    for counts in analytics.daily_counts(f"shop:{shop}:{APP}", event, first, last).values():
        for item, count in counts.items():
            if item:
                sums[item] = sums.get(item, 0) + count["visitors"]
    return sums
