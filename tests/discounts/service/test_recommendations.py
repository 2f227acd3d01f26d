"""Recommendations: computed from stored days, listed, accepted, dismissed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.demand import SalesDay
from chalicelib.discounts.models import InventoryImpact, ProductPerformance, Recommendation
from chalicelib.discounts.service import recommendations
from chalicelib.kit import clock
from tests.discounts.conftest import NewShop
from tests.discounts.domain.simulated_skus import TODAY, simulated_days
from tests.discounts.merchants import DiscountShop


def store_days(shop: str, sku: str, days: Sequence[SalesDay]) -> None:
    """Store a SKU's days as the journal and the daily snapshot do."""
    with InventoryImpact.batch_write() as batch:
        for day in days:
            row = InventoryImpact(f"{shop}#{sku}", day.date, shop=shop, sku=sku, currency="USD")
            row.units_sold_with_discount = day.units
            row.revenue_with_discount = day.revenue
            row.offered_price, row.unit_cost = day.offered_price, day.unit_cost
            row.starting_inventory, row.ending_inventory = day.starting_inventory, day.ending_inventory
            batch.save(row)
    units = sum(day.units for day in days)
    product = ProductPerformance(shop, sku, currency="USD", units_sold_with_discount=units, updated_at=clock.now())
    product.save()


def listed(shop: DiscountShop) -> dict[str, dict[str, Any]]:
    items = shop.merchant("GET", "recommendations").json()["items"]
    return {item["sku"]: item for item in items}


def test_a_sku_with_evidence_is_advised_and_one_without_says_why(discount_shop: DiscountShop) -> None:
    days = simulated_days(random.Random(11), -3.5, dispersion=1.2)
    store_days(discount_shop.shop, "MUG#1", days)
    store_days(discount_shop.shop, "NEW", days[:10])
    recommendations.compute_recommendations(discount_shop.shop, TODAY)
    found = listed(discount_shop)
    advised, new = found["MUG#1"], found["NEW"]
    assert (advised["status"], advised["objective"], advised["missing"]) == ("advised", "margin", None)
    low, high = advised["interval"]
    assert Decimal(low) < Decimal(str(advised["elasticity"])) < Decimal(high) < 0
    assert Decimal(low) <= Decimal("-3.5") <= Decimal(high)
    expected, lower, upper = advised["gain_per_day"]
    assert Decimal(lower) <= Decimal(expected) <= Decimal(upper)
    assert new["status"] == "insufficient"
    assert new["missing"][0] == "too_few_days"
    assert new["elasticity"] is None


def test_advice_is_computed_when_a_sunday_closes(discount_shop: DiscountShop) -> None:
    store_days(discount_shop.shop, "MUG", simulated_days(random.Random(11), -3.0)[:40])
    for days in range(6, 0, -1):
        recommendations.compute_weekly(discount_shop.shop, TODAY - timedelta(days=days))  # Monday to Saturday
    assert listed(discount_shop) == {}
    recommendations.compute_weekly(discount_shop.shop, TODAY)  # 2026-11-01 is a Sunday
    assert list(listed(discount_shop)) == ["MUG"]


def advised_row(shop: str, sku: str = "MUG", percentage: str = "15") -> None:
    now = clock.now()
    Recommendation(
        shop, sku, status="advised", advised_percentage=Decimal(percentage), gain_per_day=["5", "1", "9"],
        computed_at=now, expires_epoch=now + Recommendation.KEEP,
    ).save()  # fmt: skip


def test_to_accept_creates_a_paused_discount(discount_shop: DiscountShop) -> None:
    advised_row(discount_shop.shop)
    response = discount_shop.merchant("POST", "recommendations", {"sku": "MUG", "action": "accept"})
    assert response.status_code == 200, response.text
    created = discount_shop.get(response.json()["discount_id"])
    assert (created["status"], created["is_active"]) == ("paused", False)
    assert (created["value_type"], created["value"], created["skus"]) == ("percentage", "15", ["MUG"])
    repeated = discount_shop.merchant("POST", "recommendations", {"sku": "MUG", "action": "accept"})
    assert (repeated.status_code, repeated.json()["code"]) == (409, "NameTaken")


def test_a_repeated_key_accepts_once(discount_shop: DiscountShop) -> None:
    advised_row(discount_shop.shop)
    body = {"sku": "MUG", "action": "accept"}
    first, second = (discount_shop.merchant("POST", "recommendations", body, Idempotency_Key="k") for _ in range(2))
    assert first.json() == second.json()
    assert second.status_code == 200


def test_nothing_is_accepted_without_an_advised_rate(discount_shop: DiscountShop) -> None:
    advised_row(discount_shop.shop, percentage="0")
    response = discount_shop.merchant("POST", "recommendations", {"sku": "MUG", "action": "accept"})
    assert (response.status_code, response.json()["code"]) == (409, "NothingAdvised")
    missing = discount_shop.merchant("POST", "recommendations", {"sku": "OTHER", "action": "accept"})
    assert (missing.status_code, missing.json()["code"]) == (404, "RecommendationNotFound")


def test_a_dismissal_stays_while_the_advised_rate_does(discount_shop: DiscountShop) -> None:
    store_days(discount_shop.shop, "MUG", simulated_days(random.Random(11), -3.5, dispersion=1.2))
    recommendations.compute_recommendations(discount_shop.shop, TODAY)
    response = discount_shop.merchant("POST", "recommendations", {"sku": "MUG", "action": "dismiss"})
    assert response.json()["recommendation"]["dismissed_at"] is not None
    recommendations.compute_recommendations(discount_shop.shop, TODAY)
    assert listed(discount_shop)["MUG"]["dismissed_at"] == response.json()["recommendation"]["dismissed_at"]
    row = Recommendation.get(discount_shop.shop, "MUG")
    row.update([Recommendation.advised_percentage.set(Decimal(1))])
    recommendations.compute_recommendations(discount_shop.shop, TODAY)
    assert listed(discount_shop)["MUG"]["dismissed_at"] is None


def test_expired_rows_and_other_shops_rows_are_not_listed(new_discount_shop: NewShop) -> None:
    one, other = new_discount_shop(), new_discount_shop()
    advised_row(one.shop)
    assert list(listed(one)) == ["MUG"]
    assert listed(other) == {}
    Recommendation.get(one.shop, "MUG").update([Recommendation.expires_epoch.set(clock.now() - timedelta(seconds=2))])
    assert listed(one) == {}
    response = one.merchant("POST", "recommendations", {"sku": "MUG", "action": "dismiss"})
    assert response.status_code == 404
