"""The page of advice in Chromium: recommendations, competitors and price tests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from chalicelib.discounts.enums import Objective, RecommendationStatus
from chalicelib.discounts.models import CompetitorWatch, Discount, Recommendation
from chalicelib.kit import clock
from infra.local import chromium
from tests.discounts.conftest import discount_shop, new_discount_shop
from tests.discounts.merchants import DiscountShop
from tests.end_to_end.test_browser import browser
from tests.end_to_end.test_browser_discounts import MARKUP, assert_accessible, evaluate, overview, phone, tab, tab_to

__all__ = ["browser", "discount_shop", "new_discount_shop", "phone", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


def advice_page(tab: Page, shop: DiscountShop) -> FrameLocator:
    page = overview(tab, shop)
    page.get_by_role("link", name="Advice", exact=True).click()
    return page


def add_recommendation(shop: str, sku: str, status: RecommendationStatus, **columns: Any) -> None:
    now = clock.now()
    row = {"status": status, "computed_at": now, "expires_epoch": now + Recommendation.KEEP, **columns}
    Recommendation(shop, sku, **row).save()


def test_a_new_merchant_reads_what_advice_needs(tab: Page, discount_shop: DiscountShop) -> None:
    page = advice_page(tab, discount_shop)
    expect(page.get_by_role("heading", name="No advice yet")).to_be_visible()
    expect(page.get_by_text("No test yet.")).to_be_visible()
    assert_accessible(tab)


def test_advice_is_shown_with_its_doubt_and_accepted(tab: Page, discount_shop: DiscountShop) -> None:
    add_recommendation(
        discount_shop.shop,
        MARKUP,
        RecommendationStatus.ADVISED,
        elasticity=Decimal("-2.1"),
        interval=["-3.0", "-1.2"],
        own_estimate=Decimal("-2.4"),
        objective=Objective.MARGIN,
        advised_percentage=Decimal(15),
        gain_per_day=["4.20", "-1.00", "9.40"],
    )
    missing = ["too_few_days", "one_price"]
    add_recommendation(discount_shop.shop, "POSTER-1", RecommendationStatus.INSUFFICIENT, missing=missing)
    page = advice_page(tab, discount_shop)
    expect(page.get_by_text("15% off may bring $4.20 a day more margin")).to_be_visible()
    expect(page.get_by_text("Likely range (95%) -$1.00 to $9.40")).to_be_visible()
    expect(page.get_by_text("Past sales do not prove a cause")).to_be_visible()
    expect(page.get_by_text("fewer than 28 days with stock; no two prices at least 5% apart")).to_be_visible()
    assert_accessible(tab)
    assert evaluate(tab, "document.images.length") == 0, "markup stays text"
    page.get_by_role("button", name=f"Create a paused discount for {MARKUP}").click()
    expect(page.get_by_text("A paused discount was created.")).to_be_visible()
    [row] = Discount.query(discount_shop.shop)
    assert (row.is_active, row.skus, row.value) == (False, [MARKUP], Decimal(15))


def test_a_competitors_page_is_watched(phone: Page, discount_shop: DiscountShop) -> None:
    page = advice_page(phone, discount_shop)
    page.get_by_label("SKU", exact=True).fill("MUG-1")
    page.get_by_label("Competitor", exact=True).fill("Rival")
    page.get_by_label("Web address of the product").fill("https://127.0.0.1/products/mug")
    page.get_by_role("button", name="Watch it").click()
    expect(page.get_by_text("This address cannot be watched.")).to_be_visible()
    page.get_by_label("Web address of the product").fill("https://rival-mugs.com/products/blue-mug")
    page.get_by_role("button", name="Watch it").click()
    expect(page.get_by_role("heading", name="MUG-1 at Rival")).to_be_visible()
    assert_accessible(phone)
    page.get_by_role("button", name="Stop watching MUG-1 at Rival").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", name="MUG-1 at Rival")).to_have_count(0)
    assert CompetitorWatch.count(discount_shop.shop) == 0


def test_a_price_test_is_prepared_started_and_stopped(phone: Page, discount_shop: DiscountShop) -> None:
    discount_shop.add(title="Mugs")
    page = advice_page(phone, discount_shop)
    page.get_by_label("Other value").fill("20")
    page.get_by_role("button", name="Create a test").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Running. No winner yet.")).to_be_visible()
    assert_accessible(phone)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Apply the winner")).to_be_visible()


def test_advice_is_used_by_keyboard_alone(phone: Page, discount_shop: DiscountShop) -> None:
    advised = {
        "advised_percentage": Decimal(15),
        "gain_per_day": ["4.20", "1.00", "9.40"],
        "objective": Objective.MARGIN,
    }
    doubt = {"elasticity": Decimal("-2.1"), "interval": ["-3.0", "-1.2"]}
    add_recommendation(discount_shop.shop, "MUG-1", RecommendationStatus.ADVISED, **advised, **doubt)
    page = advice_page(phone, discount_shop)
    expect(page.get_by_role("heading", name="MUG-1")).to_be_visible()
    page.get_by_role("link", name="Overview").focus()
    tab_to(phone, "Create a paused discount for MUG-1")
    phone.keyboard.press("Enter")
    expect(page.get_by_text("A paused discount was created.")).to_be_visible()
    for label, text in (("SKU", "MUG-1"), ("Competitor", "Rival"), ("Web address", "https://rival-mugs.com/mug")):
        tab_to(phone, label)
        phone.keyboard.type(text)
    tab_to(phone, "Watch it")
    phone.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="MUG-1 at Rival")).to_be_visible()
    tab_to(phone, "Other value")
    phone.keyboard.type("20")
    tab_to(phone, "Create a test")
    phone.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert CompetitorWatch.count(discount_shop.shop) == 1
