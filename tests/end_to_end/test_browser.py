"""The storefront page in Chromium, from product to paid order, on a phone and on a desktop."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, expect, sync_playwright

from chalicelib.studio.models import Generation
from chalicelib.studio.repository import quotas
from infra.local import chromium
from tests.end_to_end.tabs import browser_tab
from tests.integrations.sample_images import encode_image, open_image
from tests.studio.conftest import PHOTO, Gallery, gallery
from tests.timeouts import LIMIT

__all__ = ["gallery"]

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

CONTRASTS = """() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).map((v) => v / 255).map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const poor = [];
  for (const e of document.querySelectorAll('p, h1, h2, label, legend, button, input, select, span')) {
    if (!e.checkVisibility() || !(e.textContent || e.value)) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${e.tagName} ${e.textContent.trim().slice(0, 20)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""

expect.set_options(timeout=LIMIT * 1000)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium_browser = playwright.chromium.launch(
            executable_path=chromium.executable, args=list(OFFLINE), timeout=LIMIT * 1000
        )
        yield chromium_browser
        chromium_browser.close()


@pytest.fixture
def queue_worker(drain: Callable[[], list[dict[str, Any]]]) -> Iterator[None]:
    """Run the queues in the background while the page waits."""
    stop = threading.Event()

    def run_queues() -> None:
        while not stop.wait(0.1):
            drain()

    worker = threading.Thread(target=run_queues)
    worker.start()
    yield
    stop.set()
    worker.join()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser_tab(browser, *request.param) as tab:
        yield tab


@pytest.fixture
def page(tab: Page, gallery: Gallery) -> Page:
    """The storefront page of the product."""
    tab.goto(f"{gallery.shopify.url}/{gallery.shop}/products/8001")
    tab.get_by_role("link", name="Make it yours").click()
    return tab


def test_a_shopper_uploads_a_photo_and_the_print_is_made(page: Page, gallery: Gallery, queue_worker: None) -> None:
    page.get_by_label("Your photo").set_input_files(PHOTO)
    page.get_by_label("Pencil").check(force=True)
    page.get_by_label("A few words").fill("in the snow")
    page.get_by_role("button", name="Make my image").click()
    picture = page.get_by_alt_text(re.compile("Your photo in the style"))
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalHeight", 1024)
    expect(page.get_by_role("status")).to_have_text("Your image is ready.")
    expect(page.get_by_text("watermark")).to_be_hidden()  # the shop has none
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    page.reload()
    expect(picture).to_be_visible()  # still present after a reload
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart")
    (line,) = gallery.shopify.storefront.lines(gallery.shop)
    assert list(line["properties"]) == ["_generation"]
    page.go_back()
    expect(picture).to_be_visible()
    expect(page.get_by_label("A few words")).to_have_value("in the snow")
    expect(page.get_by_alt_text("The photo that you chose")).to_be_visible()
    page.go_forward()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_rejected_photo_shows_its_reason(page: Page, gallery: Gallery, queue_worker: None) -> None:
    oil = gallery.merchant("POST", "styles", {"name": "Oil", "prompt_template": "x"}).json()["uuid"]
    gallery.merchant("PUT", f"products/{gallery.product}/styles/{oil}", {"is_enabled": True})
    page.reload()  # no style is selected yet
    page.get_by_role("button", name="Make my image").click()
    expect(page.locator("#photo-error")).to_have_text("Please choose a photo.")
    expect(page.get_by_label("Your photo")).to_be_focused()
    page.get_by_label("Your photo").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"%PDF-1.7"})
    expect(page.locator("#photo-error")).to_have_text("The file is not a JPEG, PNG or WebP picture.")
    page.get_by_role("button", name="Make my image").click()
    expect(page.locator("#style-error")).to_have_text("Please choose a style.")
    page.get_by_label("Pencil").check(force=True)
    page.get_by_role("button", name="Make my image").click()
    expect(page.locator("#photo-error")).to_have_text("The file is not a JPEG, PNG or WebP picture.")
    expect(page.get_by_role("button", name="Make my image")).to_be_enabled()


def test_a_preview_of_a_signed_in_customer_has_the_customer_id(
    page: Page, gallery: Gallery, queue_worker: None
) -> None:
    address = page.url
    page.goto(f"{gallery.shopify.url}/{gallery.shop}/account/login?customer_id=7")
    page.goto(address)
    page.get_by_label("Your photo").set_input_files(PHOTO)
    page.get_by_role("button", name="Make my image").click()
    expect(page.get_by_alt_text(re.compile("Your photo in the style"))).to_be_visible()
    (row,) = Generation.scan()
    assert row.customer_id == "gid://shopify/Customer/7"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_texts_have_sufficient_contrast(page: Page, scheme: Literal["light", "dark"]) -> None:
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3), measured on the computed styles of Chromium."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('.error').forEach(e => { e.textContent = 'An error' })")
    assert page.evaluate(CONTRASTS) == []


def test_a_lost_connection_is_retried(page: Page, queue_worker: None) -> None:
    page.get_by_label("Your photo").set_input_files(PHOTO)
    page.context.set_offline(True)
    page.get_by_role("button", name="Make my image").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("There is no connection"))
    page.context.set_offline(False)
    expect(page.get_by_alt_text(re.compile("Your photo in the style"))).to_be_visible()


def test_an_exhausted_quota_shows_a_message(page: Page, gallery: Gallery, queue_worker: None) -> None:
    quotas.set_limits(gallery.shop, {"monthly_generation_limit": 0})
    page.get_by_label("Your photo").set_input_files(PHOTO)
    page.get_by_label("Pencil").check(force=True)
    page.get_by_role("button", name="Make my image").click()
    error_text = page.locator("#make-error")
    expect(error_text).to_have_text("This shop cannot make more images this month.")


def test_the_page_can_be_used_by_keyboard(page: Page, queue_worker: None) -> None:
    """Every control is reached in order, shows its focus, and is large enough for a thumb."""
    expect(page.get_by_label("Pencil")).to_be_visible()  # the page and its styles are loaded
    seen_items = []
    for _ in range(5):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        seen_items.append(focused.evaluate("e => e.id || e.name"))
    assert seen_items == ["size", "photo", "style", "words", "make"]
    for control in ("#photo", "#words", "#make", ".choice-card"):
        box = page.locator(control).first.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_a_merchant_sets_the_watermark_and_its_preview_updates(tab: Page, gallery: Gallery) -> None:
    def wait_for_preview() -> str:
        source = admin.get_by_alt_text("A landscape with the watermark").get_attribute("src")
        return source or ""

    address = f"{gallery.shopify.url}/{gallery.shop}/admin/apps/studio"
    tab.goto(address)
    admin = tab.frame_locator("iframe")
    admin.get_by_role("tab", name="Watermark").click()
    expect(admin.get_by_text("Choose a picture: here you see how it looks")).to_be_visible()
    red_mark = encode_image(Image.new("RGBA", (300, 120), "red"))
    mark: FilePayload = {"name": "mark.png", "mimeType": "image/png", "buffer": red_mark}
    admin.get_by_label("Picture").set_input_files(mark)
    preview = admin.get_by_alt_text("A landscape with the watermark")
    expect(preview).to_have_attribute("src", re.compile("^data:image/jpeg"))
    box = preview.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= tab.viewport_size["height"]  # type: ignore[index] # above the fold
    faint = wait_for_preview()
    admin.get_by_label("Opacity").fill("1")
    expect(preview).not_to_have_attribute("src", faint)
    strong = wait_for_preview()
    admin.get_by_label("Top left").check()
    expect(preview).not_to_have_attribute("src", strong)
    picture = open_image(base64.b64decode(wait_for_preview().partition(",")[2])).convert("RGB")
    red, green, blue = picture.getpixel((40, 40))  # type: ignore[misc]
    assert (red > 200, green < 60, blue < 60) == (True, True, True)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("The watermark was saved.")).to_be_visible()
    saved = gallery.merchant("GET", "watermark").json()
    assert (saved["opacity"], saved["position"]) == ("1", "top-left")
    slow_previews: list[Route] = []
    tab.route("**/v1/studio/watermark/preview", lambda route: slow_previews.append(route))
    tab.goto(address)
    admin.get_by_role("tab", name="Watermark").click()
    expect(admin.get_by_label("Top left")).to_be_checked()
    gallery.merchant("PUT", "watermark", {"opacity": "0.5"})  # a concurrent change by another person
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("alert").filter(has_text="Somebody else changed this")).to_be_visible()
    for route in slow_previews:
        route.continue_()
    expect(preview).to_have_attribute("src", re.compile("^data:image/jpeg"))
    expect(admin.get_by_role("alert").filter(has_text="Somebody else changed this")).to_be_visible()
