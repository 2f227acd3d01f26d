"""The analytics page in Chromium: empty, filled, stale and failed, on a phone and at a desk, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chalicelib.analytics.models import ErrorGroup
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from infra.local import chromium
from tests.analytics import page_factories
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, browser
from tests.end_to_end.test_browser_kit import SMALL_TARGETS

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


@pytest.fixture(autouse=True)
def _long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the rows of past days: the API reads no rows that have expired by the real clock."""
    monkeypatch.setattr(ErrorGroup, "KEEP", timedelta(days=3650))


@pytest.fixture(scope="module")
def shared_tab(browser: Browser) -> Iterator[Page]:
    """One tab for all tests."""
    with browser_tab(browser, 1280, 800) as tab:
        yield tab


@pytest.fixture
def tab(shared_tab: Page, api_url: str) -> Iterator[Page]:
    """The tab, signed out."""
    shared_tab.set_viewport_size({"width": 1280, "height": 800})
    shared_tab.goto(f"{api_url}/analytics/app")
    shared_tab.evaluate("sessionStorage.clear()")
    yield shared_tab
    shared_tab.unroute_all()
    shared_tab.context.set_offline(False)
    shared_tab.goto("about:blank")


def open_page(tab: Page, api_url: str, address: str = "?site=store:1#traffic", role: Role = Role.OPERATOR) -> None:
    tab.evaluate("token => sessionStorage.setItem('token', token)", auth.mint(role, "1"))
    tab.goto("about:blank")  # or only what follows # would change
    tab.goto(f"{api_url}/analytics/app{address}")


def test_an_owner_signs_in_by_keyboard_and_the_empty_site_shows_the_snippet_until_an_event_is_counted(
    tab: Page, api_url: str
) -> None:
    site = page_factories.new_page_site()
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.reload()
    for wrong in ("not a token", auth.mint(Role.MEMBER, "1")):
        tab.get_by_label("Token").fill(wrong)
        tab.keyboard.press("Enter")
        expect(tab.get_by_text("This is not a valid token")).to_be_visible()
    tab.get_by_label("Token").fill(auth.mint(Role.STORE_OWNER, "1"))
    tab.keyboard.press("Enter")
    snippet = f'<script defer src="{api_url}/analytics/snippet.js" data-key="{site.key}"></script>'
    expect(tab.get_by_label("Snippet")).to_have_text(snippet)
    expect(tab.get_by_text("Waiting for the first event…")).to_be_visible()
    assert tab.get_by_role("tab").all_inner_texts()[-1] == "Errors"  # revenue is for operators
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    page_factories.fill_days(clock.now())
    expect(tab.get_by_role("figure").first).to_contain_text("Visitors, visits and page views by day")
    assert tab.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_an_operator_finds_a_site_and_sees_its_tabs_filled(tab: Page, api_url: str) -> None:
    now = clock.now()
    page_factories.new_page_site()
    test = page_factories.fill_experiment(now)
    page_factories.fill_days(now)
    page_factories.fill_revenue(now)
    page_factories.fill_cohorts_and_campaign(now)
    open_page(tab, api_url, "#sites")
    tab.get_by_role("link", name="store:1").click()
    expect(tab.get_by_role("tab", name="Traffic")).to_be_visible()
    visits: dict[str, str | re.Pattern[str]] = {
        "traffic": re.compile("news.example"),
        "features": page_factories.ARABIC,
        "cohorts": "Revenue per user",
        "campaigns": page_factories.ARABIC,
        "experiments/" + test: re.compile("Sample-ratio mismatch"),
        "errors": "x is null",
        "revenue": "Movements of MRR",
    }
    for width, scheme in ((320, "dark"), (360, "light"), (1280, "dark")):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for address, text in visits.items():
            tab.goto(f"{api_url}/analytics/app?site=store:1#{address}")
            expect(tab.get_by_text(text).first).to_be_visible()
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, address
            assert tab.evaluate(CONTRASTS) == [], address
            assert tab.evaluate(SMALL_TARGETS) == [], address
    tab.emulate_media(color_scheme="light")


def test_old_numbers_are_marked_and_stay_while_the_service_fails(
    tab: Page, api_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_factories.new_page_site()
    with monkeypatch.context() as patch:
        now = clock.now() - timedelta(hours=3)
        patch.setattr(clock, "now", lambda: now)
        page_factories.fill_days(now)
    open_page(tab, api_url)
    expect(tab.get_by_text(re.compile("As of .* nothing newer was counted for 3 h"))).to_be_visible()
    overview = "**/overview?*"
    tab.route(overview, lambda route: route.fulfill(status=500, json={"code": "InternalError"}))
    tab.get_by_label("Days").select_option("7")
    alert = tab.get_by_role("alert").filter(has_text="Something went wrong")
    expect(alert).to_be_visible()
    tab.get_by_label("Days").select_option("30")
    expect(tab.get_by_text(re.compile("Something went wrong.*These numbers are as of"))).to_be_visible()
    expect(tab.get_by_text("Daily visitors", exact=True)).to_be_visible()
    tab.unroute(overview)
    tab.get_by_role("button", name="Try again").click()
    expect(tab.get_by_text("These numbers are as of")).to_have_count(0)
    tab.context.set_offline(True)
    expect(tab.get_by_text("You are offline.")).to_be_visible()
    tab.context.set_offline(False)
    tab.evaluate("token => sessionStorage.setItem('token', token)", auth.mint(Role.OPERATOR, "1", -timedelta(hours=1)))
    tab.get_by_role("tab", name="Features").click()
    expect(tab.get_by_text("Your session has expired.")).to_be_visible()
    tab.get_by_role("button", name="Load the page again").click()
    expect(tab.get_by_text("Your token has expired")).to_be_visible()


def test_a_slow_tab_is_not_painted_over_a_later_one(tab: Page, api_url: str) -> None:
    page_factories.new_page_site()
    held: list[Route] = []
    tab.route(re.compile(r"/funnels(\?|$)"), lambda route: held.append(route))
    open_page(tab, api_url, "?site=store:1#funnels")
    expect(tab.get_by_role("tabpanel")).to_have_attribute("aria-busy", "true")
    tab.get_by_role("tab", name="Traffic").click()
    expect(tab.get_by_role("heading", name="Traffic")).to_be_visible()
    with tab.expect_response(re.compile(r"/funnels(\?|$)")):
        held[0].continue_()
    tab.evaluate("new Promise(requestAnimationFrame)")
    expect(tab.get_by_role("heading", name="Traffic")).to_be_visible()
    assert tab.get_by_role("tabpanel").get_attribute("aria-busy") is None


def test_an_error_is_resolved_by_keyboard_and_support_only_reads(tab: Page, api_url: str) -> None:
    page_factories.new_page_site()
    page_factories.fill_days(clock.now())
    open_page(tab, api_url, role=Role.SUPPORT)
    tab.get_by_role("tab", name="Traffic").focus()
    for _ in range(7):
        tab.keyboard.press("ArrowRight")
    expect(tab.get_by_role("tab", name="Errors")).to_be_focused()
    expect(tab.get_by_text("x is null")).to_be_visible()
    expect(tab.get_by_role("button", name=re.compile("Resolve"))).to_have_count(0)
    open_page(tab, api_url, "?site=store:1#errors")
    tab.get_by_role("button", name="Resolve TypeError").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="No unresolved errors")).to_be_visible()


def test_a_site_of_another_store_is_not_found(tab: Page, api_url: str) -> None:
    page_factories.new_page_site()
    tab.evaluate("token => sessionStorage.setItem('token', token)", auth.mint(Role.STORE_OWNER, "2"))
    tab.goto(f"{api_url}/analytics/app?site=store:1")
    expect(tab.get_by_text("There is no such site, or you may not read it.")).to_be_visible()


def test_an_experiment_and_a_campaign_are_created_by_keyboard(tab: Page, api_url: str) -> None:
    page_factories.new_page_site()
    tab.set_viewport_size({"width": 360, "height": 740})
    open_page(tab, api_url, "?site=store:1#experiments")
    tab.get_by_role("button", name="New experiment").focus()
    tab.keyboard.press("Enter")
    tab.get_by_label("Name").fill("Button")
    tab.get_by_label("Metric").fill("paid")
    tab.get_by_label("Variants").fill("control")
    tab.keyboard.press("Tab")
    tab.get_by_role("button", name="Create").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("at least 2 items")).to_be_visible()
    tab.get_by_label("Variants").fill("control\nlarger\nround")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.get_by_role("button", name="Create").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Start")).to_be_visible()
    expect(tab.get_by_role("row", name=re.compile("control.*33.3"))).to_be_visible()
    tab.goto(f"{api_url}/analytics/app?site=store:1#campaigns")
    tab.get_by_role("button", name="New campaign").focus()
    tab.keyboard.press("Enter")
    tab.get_by_label("Name").fill("Spring")
    tab.get_by_label("Cost").fill("12.5")
    tab.get_by_label("Currency").fill("eur")
    tab.get_by_role("button", name="Create").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("row", name=re.compile("Spring"))).to_be_visible()
