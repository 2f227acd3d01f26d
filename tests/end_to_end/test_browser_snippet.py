"""The snippet in Chromium, on pages of another origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from chalicelib.analytics.schemas.messages import CollectedEvent
from chalicelib.analytics.schemas.sites import SiteCreate, SiteUpdate
from chalicelib.analytics.service import site_cache, sites
from infra.local import chromium
from infra.sandbox.website import WebsiteSandbox
from tests.analytics.collection_factories import queued_events
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import browser
from tests.timeouts import eventually

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

STORED = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length]"""


@pytest.fixture
def website(engine, api_url: str) -> Iterator[WebsiteSandbox]:
    site_cache.forget()
    site = sites.create_site(SiteCreate(tenant="store:1", name="Shop"), None)
    with WebsiteSandbox(api_url, site.key) as server:
        row = sites.get_site("store:1")
        body = SiteUpdate(origins=[server.url, "null"])
        sites.update_site("store:1", body, row.version)
        yield server
    site_cache.forget()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser_tab(browser, 800, 600) as tab:
        yield tab


@pytest.fixture
def collected() -> Callable[[int], list[CollectedEvent]]:
    """Waits until the queue of the ingest has had this number of events; returns them in their order."""
    events: list[CollectedEvent] = []

    def wait(count: int) -> list[CollectedEvent]:
        def is_complete() -> bool:
            events.extend(event for message in queued_events() for event in message.events)
            return len(events) >= count

        eventually(is_complete)
        return sorted(events, key=lambda event: event.at_ms)

    return wait


def test_page_of_another_origin_sends_views_events_and_its_leave(website, page, collected):
    page.goto(f"{website.url}/pages/home?utm_source=news&email=mia@mail.example#top")
    page.wait_for_function("window.backroom")
    collected(1)
    page.evaluate("history.pushState({}, '', '/pages/cart')")
    collected(2)
    page.evaluate("backroom.track('button_clicked', {button: 'pay'})")
    collected(3)
    page.goto("about:blank")
    home, cart, click, leave = collected(4)
    assert [event.type for event in (home, cart, click, leave)] == [
        "page_view",
        "page_view",
        "user_action",
        "page_leave",
    ]
    assert [event.path for event in (home, cart, click, leave)] == ["/pages/home", *["/pages/cart"] * 3]
    assert home.utm == '{"utm_source":"news"}'
    assert (click.name, click.data) == ("button_clicked", '{"button":"pay"}')
    assert len({event.visitor for event in (home, cart, click, leave)} - {None}) == 1


def test_snippet_stores_nothing(website, page, collected):
    page.goto(f"{website.url}/pages/home")
    collected(1)
    assert page.evaluate(STORED) == ["", 0, 0, 0, 0]
    assert page.context.cookies() == []


@pytest.mark.parametrize("signal", ["globalPrivacyControl: {value: true}", "doNotTrack: {value: '1'}"])
def test_snippet_is_silent_under_a_privacy_signal(website, page, signal):
    requests = list[str]()
    page.on("request", lambda request: requests.append(request.url))
    page.add_init_script(f"Object.defineProperties(navigator, {{{signal}}})")
    page.goto(f"{website.url}/pages/home")
    page.wait_for_function("window.backroom")
    page.evaluate("history.pushState({}, '', '/pages/cart'); backroom.track('button_clicked')")
    page.goto("about:blank")
    assert [url for url in requests if "/v1/analytics/" in url] == []
    assert queued_events() == []


def test_page_with_an_opaque_origin_sends(website, page, collected):
    page.goto(f"{website.url}/sandboxed")
    [view] = collected(1)
    assert (view.type, view.path) == ("page_view", "/pages/framed")


def test_page_without_beacons_sends_by_fetch(website, page, collected):
    page.add_init_script("delete Navigator.prototype.sendBeacon")
    page.goto(f"{website.url}/pages/home")
    assert [event.type for event in collected(1)] == ["page_view"]


def test_other_website_is_refused(website, page, api_url):
    with WebsiteSandbox(api_url, website.key) as other, page.expect_response("**/v1/analytics/events") as answer:
        page.goto(f"{other.url}/pages/home")
    assert answer.value.status == 403
    assert queued_events() == []
