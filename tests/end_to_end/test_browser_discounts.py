"""The merchant's pages of discounts in Chromium, inside the sandbox's admin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from chalicelib.kit import clock
from chalicelib.shops.models import Shop
from infra.local import chromium
from tests.discounts.conftest import NewShop, discount_shop, new_discount_shop
from tests.discounts.figure_factories import add_discount, ago, save_all, shop_days, sku_usage, usage_day
from tests.discounts.merchants import DiscountShop
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, browser, queue_worker
from tests.end_to_end.test_browser_kit import SMALL_TARGETS

__all__ = ["browser", "discount_shop", "new_discount_shop", "queue_worker"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

WIDTHS = (360, 1280)
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(params=WIDTHS)
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser_tab(browser, request.param, 800) as tab:
        yield tab


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with browser_tab(browser, 360, 800) as tab:
        yield tab


def overview(tab: Page, shop: DiscountShop) -> FrameLocator:
    tab.goto(f"{shop.shopify.url}/{shop.shop}/admin/apps/discounts")
    return tab.frame_locator("iframe")


def evaluate(tab: Page, script: str) -> Any:
    return tab.frames[1].evaluate(script)


NAME_OF_FOCUS = """(() => {
  const element = document.activeElement;
  return element.getAttribute("aria-label") || (element.labels?.[0] || element).textContent.trim();
})()"""


def tab_to(tab: Page, name: str) -> None:
    """Move the focus by the Tab key to the control whose name begins so."""
    for _ in range(60):
        tab.keyboard.press("Tab")
        if str(evaluate(tab, NAME_OF_FOCUS)).startswith(name):
            return
    pytest.fail(f"{name} is not reached by the keyboard")


def assert_accessible(tab: Page) -> None:
    """Check that nothing scrolls sideways, that targets are large enough, and that text can be read."""
    size = tab.viewport_size
    assert size
    assert evaluate(tab, "document.documentElement.scrollWidth") <= size["width"]
    assert evaluate(tab, SMALL_TARGETS) == []
    assert evaluate(tab, CONTRASTS) == []


def seed(shop: str) -> None:
    """Store usage of SKUs and titles that are markup."""
    rows = [
        usage_day(shop, ago(number), (f"d{key}", f"{MARKUP} {key}"), 1 + (number + key) % 5)
        for number in range(30)
        for key in range(12)
    ]
    save_all([*rows, *shop_days(shop, rows)])
    add_discount(shop, "d1", MARKUP, f"{MARKUP} 1", discount_code="CODE-1")


def test_a_new_merchant_is_told_what_to_do_first(tab: Page, discount_shop: DiscountShop) -> None:
    page = overview(tab, discount_shop)
    expect(page.get_by_role("heading", name="No discount was used in this period")).to_be_visible()
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    assert_accessible(tab)
    page.get_by_role("button", name="Show every SKU").click()
    expect(page.get_by_text("No order has used a discount yet.")).to_be_visible()


def test_the_overview_shows_the_figures(tab: Page, discount_shop: DiscountShop) -> None:
    seed(discount_shop.shop)
    refusal = {"reason": "not approved", "since": clock.iso(clock.now())}
    Shop(discount_shop.shop, "discounts").update([Shop.refused_topics.set({"orders/paid": refusal})])
    page = overview(tab, discount_shop)
    expect(page.get_by_text("Shopify does not report these changes to us: orders/paid.")).to_be_visible()
    read = discount_shop.merchant("GET", "dashboard").json()
    expect(page.get_by_text(f"${Decimal(read['total_savings']):,.2f}").first).to_be_visible()
    expect(page.get_by_role("region", name="SKUs with the largest savings")).to_contain_text(MARKUP)
    expect(page.get_by_role("region", name="Discounts with the largest savings")).to_contain_text("CODE-1")
    expect(page.get_by_text(re.compile("^As of "))).to_be_visible()
    assert evaluate(tab, "document.images.length") == 0, "markup stays text"
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    assert_accessible(tab)
    page.get_by_label("Days", exact=True).select_option("7")
    week = discount_shop.merchant("GET", "dashboard?days=7").json()
    expect(page.get_by_text(f"${Decimal(week['total_savings']):,.2f}").first).to_be_visible()


def test_a_discount_is_found_by_its_sku(phone: Page, discount_shop: DiscountShop) -> None:
    seed(discount_shop.shop)
    page = overview(phone, discount_shop)
    page.get_by_label("Find a discount").fill("<img")
    found = page.get_by_role("link", name=MARKUP)
    expect(found).to_have_count(2)
    page.get_by_label("Find a discount").fill("nothing")
    expect(page.get_by_text("No code, title or SKU begins with this text.")).to_be_visible()


def test_many_rows_are_shown_a_page_at_a_time(phone: Page, discount_shop: DiscountShop) -> None:
    save_all(sku_usage(discount_shop.shop, "d", f"SKU-{number:05}") for number in range(1_000))
    page = overview(phone, discount_shop)
    page.get_by_role("button", name="Show every SKU").click()
    rows = page.get_by_role("region", name="Every SKU with a discount").locator("tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(100)
    expect(rows.last).to_contain_text("SKU-00099")
    expect(page.get_by_role("button", name="Show more")).to_be_focused()


def test_the_last_of_ten_thousand_rows_stay_usable(phone: Page, discount_shop: DiscountShop) -> None:
    save_all(sku_usage(discount_shop.shop, "d", f"SKU-{number}") for number in range(2))
    first = discount_shop.merchant("GET", "figures/skus?limit=1").json()
    rest = [first["items"][0] | {"sku": f"SKU-{number:05}"} for number in range(1, 10_000)]

    def answer(route: Route) -> None:
        is_rest = "cursor=" in route.request.url
        route.fulfill(json={"items": rest, "next_cursor": None} if is_rest else first)

    phone.route("**/v1/discounts/figures/skus*", answer)
    page = overview(phone, discount_shop)
    page.get_by_role("button", name="Show every SKU").click()
    page.get_by_role("button", name="Show more").click()
    rows = page.get_by_role("region", name="Every SKU with a discount").locator("tbody tr")
    expect(rows).to_have_count(500)
    expect(rows.last).to_contain_text("SKU-09999")
    expect(page.get_by_text("Rows 9,501 to 10,000; an export has all of them")).to_be_visible()
    assert evaluate(phone, "document.documentElement.scrollWidth") <= 360
    page.get_by_label("Find a discount").fill("nothing")
    expect(page.get_by_text("No code, title or SKU begins with this text.")).to_be_visible()


def test_figures_are_exported(phone: Page, discount_shop: DiscountShop, queue_worker: None) -> None:
    save_all([sku_usage(discount_shop.shop, "d", "A")])
    page = overview(phone, discount_shop)
    page.get_by_role("button", name="Create the file").click()
    expect(page.get_by_text("1 rows.")).to_be_visible()
    with phone.context.expect_page():
        page.get_by_role("link", name="Download the file").click()


def test_a_store_joins_a_group(browser: Browser, new_discount_shop: NewShop) -> None:
    first, second = new_discount_shop(), new_discount_shop()
    with browser_tab(browser, 1280, 800) as tab:
        page = overview(tab, first)
        page.get_by_role("button", name="Invite a store").click()
        code = page.get_by_label("Code of the invitation").inner_text()
        page = overview(tab, second)
        page.get_by_role("button", name="Join a group").click()
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_text(f"{first.shop} will see this store's figures")).to_be_visible()
        page.get_by_role("button", name="Join", exact=True).click()
        expect(page.get_by_text("These stores see each other's totals.")).to_be_visible()
        page.get_by_role("combobox", name="Stores").select_option("all")
        expect(page.get_by_text("2 stores.")).to_be_visible()
        page.get_by_role("button", name="Leave the group").click()
        page.get_by_role("button", name="Leave", exact=True).click()
        expect(page.get_by_role("button", name="Join a group")).to_be_visible()
        page.get_by_role("button", name="Join a group").click()
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_text("This invitation is wrong, used or older")).to_be_visible()


def test_a_failing_and_an_offline_overview_can_be_tried_again(phone: Page, discount_shop: DiscountShop) -> None:
    failing = True

    def answer(route: Route) -> None:
        if failing:
            route.fulfill(status=500, json={"code": "InternalError"})
        else:
            route.continue_()

    phone.route("**/v1/discounts/dashboard*", answer)
    page = overview(phone, discount_shop)
    expect(page.get_by_text("Something went wrong. Please try again.")).to_be_visible()
    assert_accessible(phone)
    failing = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="No discount was used in this period")).to_be_visible()
    phone.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    phone.context.set_offline(False)


def test_slow_figures_leave_the_rest_of_the_page_usable(phone: Page, discount_shop: DiscountShop) -> None:
    seed(discount_shop.shop)
    slow: list[Route] = []
    phone.route("**/v1/discounts/dashboard?days=30*", lambda route: slow.append(route))
    page = overview(phone, discount_shop)
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    expect(page.get_by_text("This takes longer than usual.")).to_be_visible()
    assert evaluate(phone, "document.querySelectorAll('[aria-busy=true]').length") == 1
    page.get_by_label("Days", exact=True).select_option("7")
    week = page.get_by_text(f"${week_savings(discount_shop):,.2f}").first
    expect(week).to_be_visible()
    for route in slow:
        with phone.expect_response("**/v1/discounts/dashboard?days=30*"):
            route.continue_()
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    expect(week).to_be_visible()
    assert evaluate(phone, "document.querySelectorAll('[aria-busy=true]').length") == 0


def week_savings(shop: DiscountShop) -> Decimal:
    return Decimal(shop.merchant("GET", "dashboard?days=7").json()["total_savings"])


def test_old_figures_are_marked(phone: Page, discount_shop: DiscountShop) -> None:
    seed(discount_shop.shop)
    read = discount_shop.merchant("GET", "dashboard").json() | {"as_of": "2026-01-01T00:00:00Z"}
    phone.route("**/v1/discounts/dashboard*", lambda route: route.fulfill(json=read))
    page = overview(phone, discount_shop)
    expect(page.get_by_text("Newer figures are being computed")).to_be_visible()


def test_the_overview_works_by_keyboard_alone(phone: Page, discount_shop: DiscountShop) -> None:
    page = overview(phone, discount_shop)
    expect(page.get_by_role("button", name="Invite a store")).to_be_visible()
    page.get_by_role("link", name="Overview").focus()
    tab_to(phone, "Invite a store")
    phone.keyboard.press("Enter")
    expect(page.get_by_label("Code of the invitation")).to_be_visible()


def test_the_pages_contain_no_data_of_a_shop(discount_shop: DiscountShop) -> None:
    """The page itself contains no data of a shop."""
    seed(discount_shop.shop)
    for path in ("/discounts/app", "/discounts/app/discounts", "/discounts/app/advice"):
        response = discount_shop.api.get(path, params={"shop": discount_shop.shop})
        assert response.status_code == 200
        assert MARKUP not in response.text
        assert discount_shop.shop in response.headers["content-security-policy"]
