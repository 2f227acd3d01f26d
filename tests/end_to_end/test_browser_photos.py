"""The shopper's photo in Chromium: the crop frame, unusable files, and the work that a reload restores."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from chalicelib.studio.models import Generation
from infra.local import chromium
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import PHONE, browser, queue_worker
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import Gallery, gallery

__all__ = ["browser", "gallery", "queue_worker"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

SIZES = {"8 x 10 in": (2400, 3000), "16 x 20 in": (4800, 6000)}
HEIC: FilePayload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"}
DROP = """([content, name]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type: 'image/jpeg' }));
  for (const type of ['dragover', 'drop']) {
    document.querySelector('h1').dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def wide_photo() -> bytes:
    return encode_image(Image.linear_gradient("L").resize((1500, 1000)), "JPEG")


@pytest.fixture
def page(browser: Browser, gallery: Gallery) -> Iterator[Page]:
    """The storefront page of a product with several sizes, on a phone."""
    for number, (name, (width, height)) in enumerate(SIZES.items()):
        variant = f"gid://shopify/ProductVariant/{41001 + number}"
        size = {"name": name, "width_px": width, "height_px": height, "shopify_variant_id": variant}
        assert gallery.merchant("POST", f"products/{gallery.product}/sizes", size).status_code == 201
    with browser_tab(browser, *PHONE) as tab:
        tab.goto(f"{gallery.shopify.url}/{gallery.shop}/apps/studio/products/8001/page")
        yield tab


def choose_photo(page: Page) -> None:
    page.get_by_label("Your photo").set_input_files(
        {"name": "wide.jpg", "mimeType": "image/jpeg", "buffer": wide_photo()}
    )
    expect(page.get_by_alt_text("The photo that you chose")).to_be_visible()


def test_the_frame_chooses_what_is_printed(page: Page, gallery: Gallery, queue_worker: None) -> None:
    mark = encode_image(Image.new("RGBA", (30, 20), "red"))
    gallery.merchant("PUT", "watermark", {"image": base64.b64encode(mark).decode()})
    frame = page.get_by_role("application", name="What is printed")
    place = page.locator("#frame-place")
    page.get_by_label("16 x 20 in").check(force=True)
    choose_photo(page)
    expect(page.locator("#crop-error")).to_contain_text("too few pixels")  # 50 dpi
    page.get_by_role("button", name="Make my image").click()
    expect(frame).to_be_focused()
    page.get_by_label("8 x 10 in").check(force=True)
    expect(page.locator("#crop-error")).to_be_empty()
    expect(page.locator("#soft")).to_contain_text("100 dpi")
    expect(place).to_have_text("23 % from the left, 0 % from the top, 53 % of the width, 100 % of the height.")
    box = frame.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(2400 / 3000, rel=0.02)
    frame.press("Shift+ArrowLeft")
    expect(place).to_contain_text("13 % from the left")
    page.mouse.move(box["x"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] - 200, box["y"] + 50, steps=3)
    page.mouse.up()
    expect(place).to_contain_text("0 % from the left")
    frame.press("+")
    expect(page.get_by_role("slider", name="Zoom")).to_have_value("1.1")
    with page.expect_request(lambda request: request.method == "POST" and "generations" in request.url) as sent:
        page.get_by_role("button", name="Make my image").click()
    body: dict[str, Any] = sent.value.post_data_json or {}
    crop = body["crop"]
    assert (crop["width"], crop["height"]) == pytest.approx((800 / 1500 / 1.1, 1 / 1.1), abs=1e-5)
    expect(page.get_by_role("button", name="Add to cart")).to_be_visible()
    expect(page.locator("#soft-print")).to_contain_text("90 dpi")
    expect(page.get_by_text("Size: 8 x 10 in")).to_be_visible()
    expect(page.get_by_text("The watermark on the preview is not on your print.")).to_be_visible()
    (row,) = Generation.scan()
    assert (row.crop, row.size_id) == (crop, body["size_id"])


def test_a_heic_photo_is_refused_and_a_dropped_photo_is_accepted(page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_label("Your photo").set_input_files(HEIC)
    expect(page.locator("#photo-error")).to_contain_text("HEIC: save it as JPEG")
    assert [url for url in requests if "uploads" in url] == []
    page.get_by_label("8 x 10 in").check(force=True)
    page.evaluate(DROP, [base64.b64encode(wide_photo()).decode(), "dropped.jpg"])
    expect(page.get_by_role("application", name="What is printed")).to_be_visible()
    expect(page.locator("#photo-error")).to_be_empty()
    assert page.get_by_label("Your photo").evaluate("e => e.files[0].name") == "dropped.jpg"


def test_a_request_whose_response_was_lost_is_repeated_without_effect(
    page: Page, gallery: Gallery, queue_worker: None
) -> None:
    """There is no second preview after a reload and no second line in the cart."""

    def lose_answer(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key", ""))
        route.fetch()
        route.abort()

    keys: list[str] = []
    page.get_by_label("8 x 10 in").check(force=True)
    choose_photo(page)
    page.get_by_label("A few words").fill("in the snow")
    page.route("**/studio/generations", lose_answer)
    page.get_by_role("button", name="Make my image").click()
    expect(page.get_by_role("status")).to_contain_text("There is no connection.")
    page.unroute_all(behavior="wait")
    with page.expect_request("**/studio/generations") as sent:
        page.reload()
    expect(page.get_by_alt_text(re.compile("Your photo in the style"))).to_be_visible()
    expect(page.get_by_label("A few words")).to_have_value("in the snow")
    assert {*keys, sent.value.headers["idempotency-key"]} == {keys[0]}
    assert len(list(Generation.scan())) == 1
    page.route("**/cart/add.js", lose_answer)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#cart-error")).to_contain_text("There is no connection.")
    page.unroute_all(behavior="wait")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart")
    assert len(gallery.shopify.storefront.lines(gallery.shop)) == 1
