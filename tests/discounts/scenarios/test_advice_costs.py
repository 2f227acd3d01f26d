"""What advice costs: a check of a page, a shop's recommendations, a visitor of a test (docs/costs.md)."""

from __future__ import annotations

import random

import pytest

from chalicelib.discounts.schemas.competitors import CompetitorCheckDue
from chalicelib.discounts.service import ab_tests, competitor_checks, recommendations
from infra.bench.round_trips import metered
from tests.discounts.domain.simulated_skus import TODAY, simulated_days
from tests.discounts.merchants import DiscountShop
from tests.discounts.routes.test_ab_tests import started
from tests.discounts.routes.test_competitors import watch, website
from tests.discounts.service.test_recommendations import store_days
from tests.integrations.test_web_pages import names
from tests.integrations.tls_server import Website

__all__ = ["names", "website"]


def test_a_check_costs_two_writes_and_two_reads(discount_shop: DiscountShop, website: Website) -> None:
    added = watch(discount_shop)
    message = CompetitorCheckDue(shop=discount_shop.shop, watch_id=str(added["watch_id"]))
    with metered() as meter:
        competitor_checks.check_competitor(message)
    assert (meter.cost.writes, meter.cost.write_units, meter.cost.reads) == (2, 5, 2)


@pytest.mark.parametrize("count", [2, 20])
def test_recommendations_cost_a_query_and_a_write_for_each_sku(discount_shop: DiscountShop, count: int) -> None:
    days = simulated_days(random.Random(1), -2.0, days=40)
    for number in range(count):
        store_days(discount_shop.shop, f"SKU-{number}", days)
    with metered() as meter:
        recommendations.compute_recommendations(discount_shop.shop, TODAY)
    assert meter.cost.write_units == count
    assert meter.cost.reads == count + 3


def test_a_visitor_of_a_test_writes_no_row(discount_shop: DiscountShop) -> None:
    started(discount_shop)
    ab_tests.forget_running()
    ab_tests.assign_visitor(discount_shop.shop, "visitor-0001")
    with metered() as meter:
        ab_tests.assign_visitor(discount_shop.shop, "visitor-0002")
    assert (meter.cost.write_units, meter.cost.reads) == (0, 0)
