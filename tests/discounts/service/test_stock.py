"""The snapshot of stock at the close of a day, and the rates of visitors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from chalicelib.analytics.models import EventCount
from chalicelib.discounts.models import APP, InventoryImpact, ProductPerformance
from chalicelib.discounts.service import rebuild, stock
from chalicelib.kit import clock
from chalicelib.shops.models import Shop
from infra.bench.round_trips import metered
from tests.discounts.merchants import DiscountShop
from tests.discounts.service.test_journal import order
from tests.discounts.usage_factories import order_message, order_time, put_discount, record

VARIANTS = [
    {"id": 501, "sku": "MUG-1", "price": "20.00", "stock": 12, "cost": "7.50"},
    {"id": 502, "sku": "RED", "price": "35.00", "stock": 4},
    {"id": 503, "sku": "REST", "price": "1.00", "stock": 9},
]


@pytest.fixture
def shop(discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch) -> DiscountShop:
    """A shop with an automatic discount of 10 % on MUG-1, and a sale of two of RED."""
    discount_shop.shopify.product(discount_shop.shop, 5, "Crockery", VARIANTS)
    discount_shop.add(title="Mugs", value="10")
    discount_shop.add(title="Codes", discount_code="SECRET", value="50")
    discount_shop.drain()
    put_discount(discount_shop.shop, "d1", "Autumn")
    order_id, snapshot = order(1)
    assert record([order_message(order_id, snapshot, discount_shop.shop)]) == []
    return discount_shop


def order_day() -> date:
    return order_time().date()


def day_of(shop: DiscountShop, item: str, after: int = 0) -> InventoryImpact:
    return InventoryImpact.get(f"{shop.shop}#{item}", order_day() + timedelta(days=after))


def test_a_day_ends_with_the_stock_price_and_cost_of_the_snapshot(shop: DiscountShop) -> None:
    stock.snapshot_stock(shop.shop, order_day())
    mug, red = day_of(shop, "MUG-1"), day_of(shop, "RED")
    assert [mug.ending_inventory, mug.offered_price, mug.unit_cost, mug.days_of_supply] == [
        12,
        18,
        Decimal("7.5"),
        None,
    ]
    assert [red.ending_inventory, red.offered_price, red.unit_cost, red.days_of_supply] == [4, 35, None, 2]
    assert red.turnover_rate == Decimal("6.52")  # 2 units x 365/28 / 4
    assert [red.units_sold_with_discount, red.journal_seq] == [2, 1]
    assert [day_of(shop, item, after=1).starting_inventory for item in ("MUG-1", "RED")] == [12, 4]
    with pytest.raises(InventoryImpact.DoesNotExist):
        day_of(shop, "REST")


def test_repeated_the_first_snapshot_stays(shop: DiscountShop) -> None:
    stock.snapshot_stock(shop.shop, order_day())
    shop.shopify.set_stock(shop.shop, 501, 3)
    stock.snapshot_stock(shop.shop, order_day())
    assert day_of(shop, "MUG-1").ending_inventory == 12
    assert day_of(shop, "MUG-1", after=1).starting_inventory == 12


def test_a_snapshot_costs_two_units_a_sku_and_changes_no_sales(shop: DiscountShop) -> None:
    with metered() as meter:
        stock.snapshot_stock(shop.shop, order_day())
    assert meter.cost.write_units == 4
    assert rebuild.check_usage(shop.shop) == rebuild.RebuildResult(1, 0)


def test_sales_after_the_snapshot_reach_its_rows(shop: DiscountShop) -> None:
    stock.snapshot_stock(shop.shop, order_day())
    order_id, snapshot = order(2)
    tomorrow = replace(snapshot, created_at=order_time() + timedelta(days=1))
    assert record([order_message(order_id, tomorrow, shop.shop)]) == []
    row = day_of(shop, "RED", after=1)
    assert [row.starting_inventory, row.units_sold_with_discount] == [4, 2]


def test_a_shop_without_the_app_has_no_snapshot(shop: DiscountShop) -> None:
    stock.snapshot_stock("b.myshopify.com", order_day())
    Shop.get(shop.shop, APP).delete()
    stock.snapshot_stock(shop.shop, order_day())
    assert list(InventoryImpact.query(f"{shop.shop}#MUG-1")) == []


def test_rates_come_from_measured_visitors(shop: DiscountShop) -> None:
    stock.measure_rates(shop.shop, order_day())
    assert ProductPerformance.get(shop.shop, "RED").view_to_purchase_rate is None
    for event, visitors in (("product_viewed", 8), ("product_added_to_cart", 4)):
        put_count(shop.shop, event, "RED", visitors)
        put_count(shop.shop, event, "NEVER-SOLD", visitors)
    stock.measure_rates(shop.shop, order_day())
    row = ProductPerformance.get(shop.shop, "RED")
    assert [row.view_to_purchase_rate, row.cart_abandonment_rate] == [Decimal("12.5"), 75]
    assert [each.sku for each in ProductPerformance.query(shop.shop)] == ["RED"]
    stock.measure_rates(shop.shop, order_day() + timedelta(days=40))
    assert ProductPerformance.get(shop.shop, "RED").view_to_purchase_rate is None


def put_count(shop: str, event: str, item: str, visitors: int) -> None:
    """Store how many visitors had an event with an item on order_day()."""
    tenant = f"shop:{shop}:{APP}"
    EventCount(
        f"{tenant}#{event}",
        f"{order_day().isoformat()}#{item}",
        tenant=tenant,
        event=event,
        day=order_day(),
        value=item,
        event_count=visitors,
        visitors=visitors,
        generation=1,
        expires_epoch=clock.now() + timedelta(days=9),
    ).save()
