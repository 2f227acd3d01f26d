"""The uses of our features, as analytics receives them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.analytics import service as analytics
from chalicelib.analytics.models import Site
from chalicelib.analytics.service import site_cache
from chalicelib.discounts.models import Recommendation
from chalicelib.discounts.service import measurement
from chalicelib.kit import clock
from tests.analytics.collection_factories import queued_events
from tests.discounts.merchants import DiscountShop


def used(shop: DiscountShop) -> list[tuple[str, str]]:
    """Return and remove the tenants and names of the events in the queue of the ingest."""
    found = [(message.tenant, event.name) for message in queued_events() for event in message.events]
    assert {tenant for tenant, _ in found} <= {measurement.tenant_of(shop.shop)}
    return sorted(found)


def use_all(shop: DiscountShop) -> None:
    now = clock.now()
    Recommendation(
        shop.shop, "MUG", status="advised", advised_percentage=Decimal(5), computed_at=now,
        expires_epoch=now + Recommendation.KEEP,
    ).save()  # fmt: skip
    shop.add()
    lines = [{"sku": "A", "quantity": 1, "unit_price": "10.00"}]
    assert shop.merchant("POST", "preview", {"lines": lines}).status_code == 200
    assert shop.merchant("POST", "exports", {"kind": "days"}).status_code == 202
    for action in ("dismiss", "accept"):
        assert shop.merchant("POST", "recommendations", {"sku": "MUG", "action": action}).status_code == 200


def test_each_use_is_counted_once(discount_shop: DiscountShop) -> None:
    use_all(discount_shop)
    assert [name for _, name in used(discount_shop)] == ["accepted", "created", "exported", "previewed"]


def test_a_shop_that_is_not_measured_yet_is_registered(discount_shop: DiscountShop) -> None:
    Site(measurement.tenant_of(discount_shop.shop)).delete()
    site_cache.forget()
    discount_shop.add()
    assert [name for _, name in used(discount_shop)] == ["created"]
    assert Site.get(measurement.tenant_of(discount_shop.shop)).is_active


def test_a_use_that_cannot_be_counted_fails_no_request(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analytics, "feature_used", lambda *_: 1 / 0)
    use_all(discount_shop)
