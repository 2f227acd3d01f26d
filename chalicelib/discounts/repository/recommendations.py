"""Recommendations, and the days of SKUs from which they are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from chalicelib.discounts.domain.demand import SalesDay
from chalicelib.discounts.errors import RecommendationNotFound
from chalicelib.discounts.models import InventoryImpact, Recommendation
from chalicelib.discounts.repository.stock_days import iterate_products
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import readable_rows, update_if


def get(shop: str, sku: str) -> Recommendation:
    """Return the shop's recommendation for a SKU, read consistently. Raises RecommendationNotFound."""
    try:
        row = Recommendation.get(shop, sku, consistent_read=True)
    except Recommendation.DoesNotExist:
        raise RecommendationNotFound from None
    if row.expires_epoch <= clock.now():
        raise RecommendationNotFound
    return row


def list_by_shop(shop: str, page: PageRequest) -> PageResult[Recommendation]:
    """Return a page of the shop's recommendations by SKU; expired ones are left out."""
    result = query_page(Recommendation.query(shop, limit=page.limit, last_evaluated_key=page.start))
    now = clock.now()
    return PageResult([row for row in result.items if row.expires_epoch > now], result.last_key)


def iterate_by_shop(shop: str) -> Iterator[Recommendation]:
    """Yield all stored recommendations of the shop."""
    yield from readable_rows(Recommendation.query(shop))


def put_all(rows: Iterable[Recommendation]) -> None:
    """Write recommendations, replacing earlier ones, in batches of 25."""
    with Recommendation.batch_write() as batch:
        for row in rows:
            batch.save(row)


def dismiss(row: Recommendation, now: datetime) -> None:
    """Mark the recommendation as dismissed. Raises RecommendationNotFound if it was deleted."""
    key = Recommendation(row.shop, row.sku)
    if not update_if(key, [Recommendation.dismissed_at.set(now)], Recommendation.shop.exists()):
        raise RecommendationNotFound


def iterate_sold_skus(shop: str, since: datetime, shop_currency: str | None) -> Iterator[tuple[str, int]]:
    """Yield the shop's SKUs whose sales in its currency changed since a time, each with the units ever sold."""
    for row in iterate_products(shop, shop_currency):
        if row.updated_at >= since:
            yield row.sku, row.units_sold_with_discount + row.units_sold_without_discount


def list_sales_days(shop: str, sku: str, today: date, days: int) -> list[SalesDay]:
    """Return the SKU's days of the window before `today`, oldest first, with one query."""
    first, last = today - timedelta(days=days), today - timedelta(days=1)
    rows = InventoryImpact.query(f"{shop}#{sku}", InventoryImpact.date.between(first, last))
    return [
        SalesDay(
            row.date,
            row.units_sold_with_discount + row.units_sold_regular_price,
            row.revenue_with_discount + row.revenue_regular_price,
            row.offered_price,
            row.starting_inventory,
            row.ending_inventory,
            row.unit_cost,
        )
        for row in readable_rows(rows)
    ]
