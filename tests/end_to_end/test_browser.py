"""The storefront's page in Chromium, from the product to the paid order, as a shopper on a phone and at a desk."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chalicelib.studio.repository import quotas
from tests.studio.conftest import PHOTO, Gallery, gallery

__all__ = ["gallery"]

CHROMIUM = shutil.which("chromium")
OFFLINE = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE, DESK = (360, 740), (1280, 800)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OFFLINE))
        yield launched
        launched.close()


@pytest.fixture
def working(drain: Callable[[], list[dict[str, Any]]]) -> Iterator[None]:
    """Jobs are done while the page waits for them."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            drain()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    stop.set()
    worker.join()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(browser: Browser, gallery: Gallery, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of the gallery's product; nothing may go wrong on it that the console tells of."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    opened, faults = context.new_page(), []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    opened.goto(f"{gallery.shopify.url}/{gallery.shop}/products/8001")
    opened.get_by_role("link", name="Make it yours").click()
    yield opened
    assert faults == []
    context.close()


def test_from_a_photo_to_a_print(page: Page, gallery: Gallery, working: None) -> None:
    page.get_by_label("Your photo").set_input_files(PHOTO)
    page.get_by_label("Pencil").check(force=True)
    page.get_by_label("A few words").fill("in the snow")
    page.get_by_role("button", name="Make my image").click()
    picture = page.get_by_alt_text(re.compile("Your photo in the style"))
    expect(picture).to_be_visible(timeout=30_000)
    expect(picture).to_have_js_property("naturalHeight", 1024, timeout=10_000)
    expect(page.get_by_role("status")).to_have_text("Your image is ready.")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    page.reload()
    expect(picture).to_be_visible(timeout=10_000)  # it comes back after a reload
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart")
    (line,) = gallery.shopify.storefront.lines(gallery.shop)
    assert list(line["properties"]) == ["_generation"]
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_refused_photo_says_why_next_to_it(page: Page, working: None) -> None:
    page.get_by_role("button", name="Make my image").click()
    expect(page.locator("#photo-error")).to_have_text("Please choose a photo.")
    expect(page.get_by_label("Your photo")).to_be_focused()
    page.get_by_label("Your photo").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"%PDF-1.7"})
    page.get_by_role("button", name="Make my image").click()
    expect(page.locator("#style-error")).to_have_text("Please choose a style.")
    page.get_by_label("Pencil").check(force=True)
    page.get_by_role("button", name="Make my image").click()
    expect(page.locator("#photo-error")).to_have_text("The file is not a JPEG, PNG or WebP picture.", timeout=20_000)
    expect(page.get_by_role("button", name="Make my image")).to_be_enabled()


def test_a_used_up_month_is_said_in_words(page: Page, gallery: Gallery, working: None) -> None:
    quotas.limit(gallery.shop, {"monthly_generation_limit": 0})
    page.get_by_label("Your photo").set_input_files(PHOTO)
    page.get_by_label("Pencil").check(force=True)
    page.get_by_role("button", name="Make my image").click()
    status = page.get_by_role("status")
    expect(status).to_have_text("This shop cannot make more images this month.", timeout=20_000)


def test_the_keyboard_is_enough(page: Page, working: None) -> None:
    """Every control is reached in order, shows where the focus is, and is large enough for a thumb."""
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        seen.append(focused.evaluate("e => e.id || e.name"))
    assert seen == ["photo", "style", "words", "make"]
    for control in ("#photo", "#words", "#make", ".styles label"):
        box = page.locator(control).first.bounding_box()
        assert box is not None
        assert box["height"] >= 44
