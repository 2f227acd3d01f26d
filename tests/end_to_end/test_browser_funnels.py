"""Funnels and retention of the analytics page in Chromium: the answers come from the queues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.analytics.service import funnel_days
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from infra.local import chromium
from tests.analytics import page_factories
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, browser, queue_worker
from tests.end_to_end.test_browser_kit import SMALL_TARGETS

__all__ = ["browser", "queue_worker"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


@pytest.fixture
def tab(browser: Browser, api_url: str) -> Iterator[Page]:
    """A tab in which an operator is signed in."""
    with browser_tab(browser, 360, 740) as tab:
        tab.goto(f"{api_url}/analytics/app")
        tab.evaluate("token => sessionStorage.setItem('token', token)", auth.mint(Role.OPERATOR, "1"))
        yield tab


def test_a_funnel_is_created_by_keyboard_and_retention_is_answered(tab: Page, api_url: str, queue_worker: None) -> None:
    page_factories.new_page_site()
    page_factories.fill_days(clock.now())
    tab.goto(f"{api_url}/analytics/app?site=store:1#funnels")
    expect(tab.get_by_role("heading", name="No funnels yet")).to_be_visible()
    tab.get_by_role("button", name="New funnel").focus()
    tab.keyboard.press("Enter")
    tab.get_by_label("Name").fill("Visit to payment")
    tab.get_by_label("Steps").fill("page_view")
    tab.get_by_role("button", name="Create").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("at least 2 items")).to_be_visible()
    tab.get_by_label("Steps").fill("page_view\npaid")
    tab.get_by_role("button", name="Create").focus()
    tab.keyboard.press("Enter")
    link = tab.get_by_role("link", name="Visit to payment")
    expect(link).to_be_visible()
    funnel_days.compute_funnels(page_factories.TENANT, clock.today() - timedelta(days=1))
    link.click()
    expect(tab.get_by_role("img", name="2. paid: 1 persons")).to_be_visible()
    expect(tab.get_by_text("Hatched: not complete yet.")).to_be_visible()
    check_look(tab)
    tab.get_by_role("tab", name="Retention").click()
    tab.get_by_role("button", name="Show", exact=True).click()
    expect(tab.get_by_role("img", name=re.compile(r"week [12]: 100 % so far")).first).to_be_visible()
    check_look(tab)


def check_look(tab: Page) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.evaluate(CONTRASTS) == []
    assert tab.evaluate(SMALL_TARGETS) == []
