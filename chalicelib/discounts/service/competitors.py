"""Competitors' pages that a merchant watches."""

from __future__ import annotations

from chalicelib.discounts.enums import WatchStatus
from chalicelib.discounts.models import CompetitorPrice, CompetitorWatch
from chalicelib.discounts.repository import competitors
from chalicelib.discounts.schemas.competitors import (
    CompetitorCheckDue,
    CompetitorCreate,
    CompetitorDetailRead,
    CompetitorPriceRead,
    CompetitorRead,
    CompetitorsRead,
)
from chalicelib.discounts.service import due_shops
from chalicelib.kit import clock, ids
from chalicelib.kit.addresses import check_url
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops.service import Merchant


def add_watch(merchant: Merchant, body: CompetitorCreate, key: Idempotency | None) -> CompetitorRead:
    """Add a page to watch, and send its first check. Raises ForbiddenAddress, LimitReached."""
    check_url(body.url)
    now = clock.now()
    row = CompetitorWatch(
        merchant.shop, ids.time_ordered(), status=WatchStatus.NO_PRICE, created_at=now, **body.model_dump()
    )
    response = CompetitorRead.of(row)

    def decide(unit: UnitOfWork) -> None:
        if key:
            key.join(unit.transaction, response)
        competitors.stage_added(unit.transaction, row)
        unit.publish(CompetitorCheckDue(shop=row.shop, watch_id=row.watch_id))

    run_unit_of_work(decide)
    due_shops.expect_close(merchant.shop)
    return response


def list_watches(merchant: Merchant) -> CompetitorsRead:
    """Return the shop's watches, each with its last price: one query, and one more for each watched SKU."""
    rows = competitors.list_by_shop(merchant.shop)
    prices = {sku: competitors.list_prices(merchant.shop, sku) for sku in dict.fromkeys(row.sku for row in rows)}
    currency = merchant.installation.currency
    return CompetitorsRead(items=[_read(row, _of_watch(prices[row.sku], row), currency) for row in rows])


def get_watch(merchant: Merchant, watch_id: str) -> CompetitorDetailRead:
    """Return a watch with its last prices. Raises WatchNotFound."""
    row = competitors.get(merchant.shop, watch_id)
    prices = _of_watch(competitors.list_prices(merchant.shop, row.sku), row)
    watch = _read(row, prices, merchant.installation.currency)
    return CompetitorDetailRead(**watch.model_dump(), prices=[CompetitorPriceRead.of(price) for price in prices])


def remove_watch(shop: str, watch_id: str) -> None:
    """Remove a watched page; its prices stay for a year. Raises WatchNotFound."""
    row = competitors.get(shop, watch_id)
    run_unit_of_work(lambda unit: competitors.stage_removed(unit.transaction, row))


def _of_watch(prices: list[CompetitorPrice], row: CompetitorWatch) -> list[CompetitorPrice]:
    return [price for price in prices if price.url == row.url]


def _read(row: CompetitorWatch, prices: list[CompetitorPrice], currency: str | None) -> CompetitorRead:
    watch = CompetitorRead.of(row)
    if not prices:
        return watch
    latest = CompetitorPriceRead.of(prices[0])
    return watch.model_copy(update={"latest": latest, "is_comparable": latest.currency == currency})
