"""Which of our discounts an order's code or title means."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.discounts.domain.order_lines import Allocation, Application, Line, SnapshotLine
from chalicelib.discounts.domain.order_state import Snapshot
from chalicelib.discounts.models import DiscountUsage
from chalicelib.kit import clock
from chalicelib.shops.schemas.orders import OrderUpdated
from tests.discounts.faults import without_waits
from tests.discounts.merchants import DiscountShop, Json
from tests.discounts.usage_factories import order_message, record


def use(shop: str, at: datetime, *, title: str | None = None, code: str | None = None) -> OrderUpdated:
    """Return an order of that time with a discount of this title or code."""
    name = title or code
    shares = (Allocation(Application(name, None), Decimal(2)),)
    line = SnapshotLine(Line("l0", "RED", 2, 2, Decimal(10)), shares)
    order_id = f"gid://shopify/Order/{name}-{int(at.timestamp())}"
    message = order_message(order_id, Snapshot("1", at.replace(microsecond=0), "USD", None, (line,)), shop)
    if code is None:
        return message
    applications = [each.model_copy(update={"code": code, "type": "discount_code"}) for each in message.applications]
    return message.model_copy(update={"applications": applications})


def uses(shop: DiscountShop, discount: Json, order: OrderUpdated) -> int:
    """Count an order; return the uses of the discount."""
    with without_waits():
        assert record([order]) == []
    rows = [row for row in DiscountUsage.query(shop.shop) if row.discount_id == discount["discount_id"]]
    return sum(row.times_used for row in rows)


def published(shop: DiscountShop, **fields: object) -> Json:
    """Create a discount and publish it."""
    discount = shop.add(**fields)
    assert shop.drain() == []
    return shop.get(discount["discount_id"])


def test_a_title_means_no_discount_with_a_code(discount_shop: DiscountShop) -> None:
    discount = published(discount_shop, title="Black Friday", discount_code="BF10")
    assert uses(discount_shop, discount, use(discount_shop.shop, clock.now(), title="Black Friday")) == 0
    assert uses(discount_shop, discount, use(discount_shop.shop, clock.now(), code="bf10")) == 1
    assert uses(discount_shop, discount, use(discount_shop.shop, clock.now(), code="Black Friday")) == 1


def test_a_title_means_a_discount_that_got_its_code_later(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    discount = published(discount_shop, title="Mugs")
    ordered_at, later = clock.now(), clock.now() + timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        discount_shop.changed(discount, discount_code="MUGS")
    assert uses(discount_shop, discount, use(discount_shop.shop, ordered_at, title="Mugs")) == 1


@pytest.mark.parametrize("is_active", [False, True])
def test_a_discount_that_shopify_never_had_has_no_uses(discount_shop: DiscountShop, *, is_active: bool) -> None:
    discount = discount_shop.add(title="Native sale", is_active=is_active)
    if not is_active:
        assert discount_shop.drain() == []
    assert uses(discount_shop, discount, use(discount_shop.shop, clock.now(), title="Native sale")) == 0


def test_a_paused_discount_keeps_the_uses_of_its_node(discount_shop: DiscountShop) -> None:
    discount = published(discount_shop, title="Mugs")
    discount_shop.changed(discount, is_active=False)
    assert discount_shop.drain() == []
    assert uses(discount_shop, discount, use(discount_shop.shop, clock.now(), title="Mugs")) == 1
