"""The merchant's console in Chromium with a second tab, without a connection, with an expired session, with slow answers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from infra.local import chromium
from tests.end_to_end.test_browser import browser
from tests.end_to_end.test_browser_console import ARABIC, console, open_tab, tab
from tests.studio.conftest import Gallery, gallery

__all__ = ["browser", "gallery", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


def answer_with_expired_tokens(tab: Page, gallery: Gallery) -> None:
    token = gallery.shopify.session_token("studio", gallery.shop, lifetime=-3600)
    tab.route("**/session-token", lambda route: route.fulfill(body=token, headers={"Access-Control-Allow-Origin": "*"}))


def test_the_second_of_two_tabs_to_save_overwrites_nothing_and_loses_nothing(tab: Page, gallery: Gallery) -> None:
    other_tab = tab.context.new_page()
    first, second = console(tab, gallery), console(other_tab, gallery)
    conflict = second.get_by_role("alert").filter(has_text="Somebody else changed this")
    for page in (first, second):
        open_tab(page, "Styles")
        page.get_by_role("button", name="Edit Pencil").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Pencil")
    first.get_by_label("Name", exact=True).fill("Charcoal")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_text("The style was saved.")).to_be_visible()
    second.get_by_label("Name", exact=True).fill("Crayon")
    second.get_by_label("Prompt").fill("A drawing in wax crayon")
    second.get_by_role("button", name="Save").click()
    expect(conflict).to_be_visible()
    assert gallery.merchant("GET", f"styles/{gallery.style}").json()["name"] == "Charcoal"
    expect(second.get_by_label("Name", exact=True)).to_have_value("Crayon")
    expect(second.get_by_label("Prompt")).to_have_value("A drawing in wax crayon")
    second.get_by_role("button", name="Load it again").click()
    expect(second.get_by_label("Name", exact=True)).to_have_value("Charcoal")

    for page in (first, second):
        open_tab(page, "Products")
        page.get_by_role("button", name="Set up Portrait").click()
    for page in (first, second):
        page.get_by_role("button", name="Edit small").click()
    first.get_by_label("Width in px").fill("500")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_text("The size was saved.")).to_be_visible()
    second.get_by_label("Name", exact=True).fill("tiny")
    second.get_by_role("button", name="Save").click()
    expect(conflict).to_be_visible()
    expect(second.get_by_label("Name", exact=True)).to_have_value("tiny")
    (size,) = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"]
    assert (size["name"], size["width_px"]) == ("small", 500)
    second.get_by_role("button", name="Close").click()
    second.get_by_role("button", name="Stop offering it").click()
    expect(second.get_by_role("button", name="Offer it")).to_be_visible()
    first.get_by_role("button", name="Stop offering it").click()
    expect(first.get_by_role("dialog", name="That did not work")).to_contain_text("Somebody else changed this")


def test_what_was_typed_stays_while_offline_and_when_the_session_expires(tab: Page, gallery: Gallery) -> None:
    page = console(tab, gallery)
    open_tab(page, "Styles")
    page.get_by_role("button", name="Edit Pencil").click()
    page.get_by_label("Name", exact=True).fill(ARABIC)
    tab.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value(ARABIC)
    tab.context.set_offline(False)
    answer_with_expired_tokens(tab, gallery)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your session has expired.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value(ARABIC)
    tab.unroute_all()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The style was saved.")).to_be_visible()
    assert gallery.merchant("GET", f"styles/{gallery.style}").json()["name"] == ARABIC


def test_an_expired_session_is_said_and_loading_again_helps(tab: Page, gallery: Gallery) -> None:
    page = console(tab, gallery)
    expect(
        page.get_by_role("heading", name="Set up your studio").or_(
            page.get_by_role("heading", name="Your studio is ready")
        )
    ).to_be_visible()
    answer_with_expired_tokens(tab, gallery)
    open_tab(page, "Products")
    expect(page.get_by_text("Your session has expired.")).to_be_visible()
    tab.unroute_all()
    page.get_by_role("button", name="Load the page again").click()
    expect(page.get_by_role("button", name="Set up Portrait")).to_be_visible()


def test_offline_is_said_and_passes(tab: Page, gallery: Gallery) -> None:
    page = console(tab, gallery)
    expect(page.get_by_role("region", name="This month")).to_be_visible()
    tab.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    open_tab(page, "Products")
    tab.context.set_offline(False)
    expect(page.get_by_role("button", name="Set up Portrait")).to_be_visible()
    expect(page.get_by_text("You are offline.")).to_have_count(0)


def test_a_slow_answer_does_not_replace_a_later_tab(tab: Page, gallery: Gallery) -> None:
    held: list[Any] = []
    page = console(tab, gallery)
    expect(page.get_by_role("region", name="This month")).to_be_visible()
    tab.route("**/v1/studio/products?*", lambda route: held.append(route))
    open_tab(page, "Products")
    expect(page.get_by_role("tabpanel").get_by_role("status")).to_have_count(1)
    open_tab(page, "Usage")
    expect(page.get_by_text("of 500 images")).to_be_visible()
    for route in held:
        route.continue_()
    tab.unroute_all()
    open_tab(page, "Watermark")
    expect(page.get_by_role("heading", name="Watermark of your previews")).to_be_visible()
    expect(page.get_by_role("button", name="Set up Portrait")).to_have_count(0)
