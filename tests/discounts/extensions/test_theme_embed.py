"""The theme embed in Chromium: a storefront page whose app proxy leads to our API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from chalicelib.analytics.service import exposures
from chalicelib.discounts.service import ab_tests
from chalicelib.discounts.service.ab_marks import read_mark
from infra.local import chromium
from tests.discounts.merchants import DiscountShop
from tests.discounts.routes.test_ab_tests import started
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import browser

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

SCRIPT = Path("extensions/sku-ab/assets/price-tests.js")
STORE = "https://store.example"
HTML = """<!doctype html><script>
window.allowed = %s;
window.Shopify = {routes: {root: "/"}, loadFeatures: (features, done) => {
  Shopify.customerPrivacy = {analyticsProcessingAllowed: () => window.allowed}; done(); }};
</script><script src="/price-tests.js" data-proxy="/apps/discounts" defer></script>"""


class Storefront:
    """A store's pages as the browser sees them. `carts` are the attributes that were set, `asked` the visitors."""

    def __init__(self, page: Page, shop: DiscountShop) -> None:
        self.page, self._shop = page, shop
        self.carts: list[dict[str, Any]] = []
        self.asked: list[str] = []
        page.route(f"{STORE}/**", self._answer)

    def open(self, allowed: bool) -> None:
        self._html = HTML % json.dumps(allowed)
        self.page.goto(f"{STORE}/products/mug")
        self.page.wait_for_load_state("networkidle")

    def consent(self, allowed: bool) -> None:
        self.page.evaluate("value => { window.allowed = value; }", allowed)
        self.page.evaluate("document.dispatchEvent(new CustomEvent('visitorConsentCollected'))")

    def stored(self) -> list[int]:
        found: list[int] = self.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]")
        return found

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(STORE)
        if path.startswith("/apps/discounts/ab?visitor="):
            visitor = path.partition("=")[2]
            self.asked.append(visitor)
            url = self._shop.shopify.proxy_url("discounts", self._shop.shop, "ab", {"visitor": visitor})
            response = self._shop.api.get(url)
            route.fulfill(status=response.status_code, body=response.text, content_type="application/json")
        elif path == "/cart/update.js":
            self.carts.append(json.loads(route.request.post_data or "{}")["attributes"])
            route.fulfill(status=200, body="{}", content_type="application/json")
        elif path == "/price-tests.js":
            route.fulfill(status=200, body=SCRIPT.read_text(), content_type="text/javascript")
        else:
            route.fulfill(status=200, body=self._html, content_type="text/html")


@pytest.fixture
def storefront(browser: Browser, discount_shop: DiscountShop) -> Iterator[Storefront]:
    ab_tests.forget_running()
    exposures.forget()
    with browser_tab(browser, 360, 640) as tab:
        yield Storefront(tab, discount_shop)


def test_nothing_is_stored_or_asked_without_consent(storefront: Storefront, discount_shop: DiscountShop) -> None:
    started(discount_shop)
    storefront.open(allowed=False)
    assert (storefront.asked, storefront.carts) == ([], [])
    assert storefront.stored() == [0, 0, 0]


def test_the_cart_of_a_visitor_who_consents_gets_a_genuine_mark(
    storefront: Storefront, discount_shop: DiscountShop
) -> None:
    test = started(discount_shop)
    storefront.open(allowed=False)
    with storefront.page.expect_response(f"{STORE}/cart/update.js"):
        storefront.consent(allowed=True)
    storefront.page.wait_for_function("sessionStorage.length === 1")
    [visitor] = storefront.asked
    [attributes] = storefront.carts
    mark = read_mark(discount_shop.shop, attributes["_backroom_ab"])
    assert mark is not None
    assert (mark.test, mark.visitor) == (test["test_id"], visitor)
    storefront.open(allowed=True)
    assert len(storefront.asked) == 1  # asked again after 30 minutes only
    with storefront.page.expect_response(f"{STORE}/cart/update.js"):
        storefront.consent(allowed=False)
    assert storefront.carts[-1] == {"_backroom_ab": ""}
    assert storefront.stored() == [0, 0, 0]


def test_without_a_running_test_the_cart_stays_as_it_is(storefront: Storefront) -> None:
    storefront.open(allowed=True)
    assert len(storefront.asked) == 1
    assert storefront.carts == []
