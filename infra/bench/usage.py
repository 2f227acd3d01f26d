"""The benchmark row of the usage of discounts: orders of one shop per second, beside three upserts for each use."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from infra.bench.runs import SubjectFailed, in_turn
from infra.bench.table import Row

SHOP = "bench.myshopify.com"
KEYS = 20
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
_numbers = itertools.count()


def throughput(rounds: int) -> list[Row]:
    """Compare a journal of one-line orders with the source's upserts of three counters for each use.

    Both have the same number of threads. The upserts lose and double uses; the journal does not.
    """
    orders = 1_000 if rounds > 1 else 20
    _install_shop()
    figures = in_turn({"ours": partial(_ours, orders), "upserts": partial(_upserts, orders)}, max(1, rounds // 2))
    ours, peer = figures["ours"], figures["upserts"]
    rate = f"{orders / ours.median:.0f} orders/s ({ours})"
    return [
        Row(f"{orders:,} uses of one shop", rate, f"3 upserts a use {peer}", 1 / ours.beside(peer), 1, at_least=True)
    ]


def _ours(orders: int) -> tuple[float, float]:
    from chalicelib.discounts.service import usage
    from chalicelib.kit.queue_records import ReceivedMessage

    batch = [ReceivedMessage(str(number), _order(number)) for number in itertools.islice(_numbers, orders)]
    begin = time.perf_counter()
    if usage.record_usage(batch):
        raise SubjectFailed("the journal failed")
    return time.perf_counter() - begin, 0


def _upserts(orders: int) -> tuple[float, float]:
    from chalicelib.kit.threads import MAX_THREADS

    begin = time.perf_counter()
    with ThreadPoolExecutor(MAX_THREADS) as pool:
        for _ in pool.map(_upsert, range(orders)):
            pass
    return time.perf_counter() - begin, 0


def _upsert(number: int) -> None:
    from chalicelib.discounts.models import DailyDiscountStats, DiscountUsage, ProductPerformance

    sku, one = f"SKU-{number % KEYS}", Decimal(1)
    DiscountUsage("upserts", f"d1#{sku}").update(
        [DiscountUsage.times_used.add(1), DiscountUsage.discount_amount.add(one)]
    )
    DailyDiscountStats("upserts", AT.date()).update(
        [DailyDiscountStats.total_discounts_used.add(1), DailyDiscountStats.total_savings.add(one)]
    )
    ProductPerformance("upserts", sku).update(
        [ProductPerformance.units_sold_with_discount.add(1), ProductPerformance.total_discount_given.add(one)]
    )


def _order(number: int) -> Any:
    from chalicelib.shops.schemas.orders import DiscountApplication, LineDiscount, OrderCreated, OrderLine

    line = OrderLine(
        line_item_id="gid://shopify/LineItem/1",
        variant_id=f"gid://shopify/ProductVariant/{number % KEYS}",
        product_id=1,
        quantity=1,
        current_quantity=1,
        properties={},
        sku=f"SKU-{number % KEYS}",
        title="A warm blanket",
        price=Decimal(10),
        discounts=[LineDiscount(application=0, amount=Decimal(1))],
    )
    return OrderCreated(
        shop=SHOP,
        app="discounts",
        order_id=f"gid://shopify/Order/{number}",
        order_number=str(number),
        customer_id=f"gid://shopify/Customer/{number}",
        total_price=Decimal(9),
        currency="USD",
        lines=[line],
        applications=[DiscountApplication(index=0, type="automatic", title="Autumn")],
        placed_at=AT,
        updated_at=AT,
        triggered_at=AT,
    )


def _install_shop() -> None:
    from chalicelib.discounts.enums import NameKind, ValueType
    from chalicelib.discounts.models import APP, Discount, DiscountName
    from chalicelib.shops.models import Shop

    Shop(SHOP, APP, currency="USD", installed_at=AT, created_at=AT, updated_at=AT).save()
    terms: dict[str, Any] = {"title": "Autumn", "value_type": ValueType.PERCENTAGE, "value": Decimal(10)}
    Discount(SHOP, "d1", skus=[], combines_with={}, had_node=True, created_at=AT, updated_at=AT, **terms).save()
    DiscountName(SHOP, "title:autumn", discount_id="d1", kind=NameKind.TITLE, since=AT).save()
