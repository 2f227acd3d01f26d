"""The merchant's console in Chromium, inside the sandbox's admin: from the first opening to a preview in the shop."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, FrameLocator, Page, expect

from chalicelib.kit import clock
from chalicelib.shops.models import Shop
from chalicelib.studio.models import GenerationType
from chalicelib.studio.repository import generation_queries, products
from infra.local import chromium
from infra.sandbox.shopify import ShopifySandbox
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, browser, queue_worker
from tests.end_to_end.test_browser_kit import SMALL_TARGETS
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import PHOTO, Gallery, base, gallery
from tests.studio.repository.test_generation_queries import add_generations

__all__ = ["base", "browser", "gallery", "queue_worker"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

WIDTHS = (320, 390, 1280)
OTHER_VARIANT = "gid://shopify/ProductVariant/4102"
ARABIC = "صورة عائلية بألوان مائية"
LONG = ("A very long name of a style that somebody pasted without reading it. " * 3)[:200]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    with browser_tab(browser, 390, 800) as tab:
        yield tab


@pytest.fixture
def new_shop(api: httpx2.Client, shopify: ShopifySandbox, drain: Callable[[], list[dict[str, Any]]]) -> Gallery:
    """A shop that has just installed the app."""
    shop = Gallery(api, shopify, drain)
    drain()
    return shop


def console(tab: Page, gallery: Gallery) -> FrameLocator:
    tab.goto(f"{gallery.shopify.url}/{gallery.shop}/admin/apps/studio")
    return tab.frame_locator("iframe")


def open_tab(page: FrameLocator, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def evaluate(tab: Page, script: str) -> Any:
    return tab.frames[1].evaluate(script)


def fits(tab: Page) -> bool:
    """Return whether the page needs no horizontal scrolling at any of the widths."""
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        if evaluate(tab, "document.documentElement.scrollWidth") > width:
            return False
    return True


@pytest.mark.parametrize("width", WIDTHS)
def test_a_new_merchant_comes_from_the_first_opening_to_a_preview_in_the_shop(
    tab: Page, new_shop: Gallery, queue_worker: None, width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    page = console(tab, new_shop)
    expect(page.get_by_role("heading", name="Set up your studio")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)  # no red error
    assert evaluate(tab, "document.images.length") == 0  # and no broken image
    page.get_by_role("button", name="Choose products").click()
    page.get_by_label("Pet portrait").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Set up Pet portrait").click()
    page.get_by_role("button", name="Add a size").click()
    page.get_by_label("Name").fill("8 x 10 in")
    page.get_by_role("button", name="Choose a variant").click()
    page.get_by_label("Pet portrait - 8 x 10 in").check()
    page.get_by_role("button", name="Select").click()
    page.get_by_label("Print file").select_option("image/png")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Variant 41001")).to_be_visible()
    expect(page.get_by_text("at 300 dpi, PNG")).to_be_visible()
    page.get_by_role("button", name="Create a style").click()
    page.get_by_role("button", name="Pencil").click()
    page.get_by_role("button", name="Create the style").click()
    expect(page.get_by_role("heading", name="Pencil")).to_be_visible()
    assert evaluate(tab, "document.documentElement.scrollWidth") <= width
    assert evaluate(tab, SMALL_TARGETS) == []
    open_tab(page, "Start")
    expect(page.get_by_role("heading", name="Your studio is ready")).to_be_visible()
    with tab.context.expect_page() as opened:
        page.get_by_role("link", name="Open in your shop").click()
    shop = opened.value
    shop.get_by_label("Your photo").set_input_files(PHOTO)
    shop.get_by_role("button", name="Make my image").click()
    expect(shop.get_by_alt_text(re.compile("Your photo in the style"))).to_be_visible()


def test_a_style_is_tried_on_a_sample_photo_and_gets_an_example(
    tab: Page, gallery: Gallery, queue_worker: None
) -> None:
    page = console(tab, gallery)
    open_tab(page, "Styles")
    page.get_by_role("button", name="Edit Pencil").click()
    page.get_by_role("button", name="Try it").click()
    sample = page.get_by_alt_text("The sample photo in this style")
    expect(sample).to_have_js_property("naturalWidth", 1024)
    page.get_by_role("button", name="Use it as the example").click()
    page.get_by_alt_text("The example").scroll_into_view_if_needed()  # pictures load when they are near
    expect(page.get_by_alt_text("The example")).to_have_js_property("naturalWidth", 640)
    large: FilePayload = {
        "name": "big.png",
        "mimeType": "image/png",
        "buffer": encode_image(Image.effect_noise((1500, 1000), 90)),
    }
    page.get_by_label("Picture", exact=True).set_input_files(large)  # over 500 KB: it is made smaller first
    page.get_by_role("button", name="Use this picture").click()
    expect(page.get_by_alt_text("The example")).to_have_js_property("naturalHeight", 427)


@pytest.mark.parametrize(("name", "other"), [(ARABIC, LONG), (LONG, ARABIC)], ids=["arabic product", "long product"])
def test_any_label_fits(tab: Page, gallery: Gallery, name: str, other: str) -> None:
    gallery.merchant("PUT", f"styles/{gallery.style}", {"name": other})
    gallery.merchant("PUT", f"products/{gallery.product}", {"title": name})
    (size,) = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"]
    gallery.merchant("PUT", f"products/{gallery.product}/sizes/{size['uuid']}", {"name": name})
    add_generations(gallery, 1, product_id=gallery.product, ai_style_id=gallery.style)
    page = console(tab, gallery)
    visits = {
        "Products": page.get_by_text("Set up", exact=True),
        "Styles": page.get_by_text("Edit", exact=True),
        "Start": page.get_by_role("heading", name="See it as a shopper"),
        "Orders and images": page.get_by_role("button", name="Done"),
        "Usage": page.get_by_role("heading", name="Usage"),
    }
    for tab_name, content in visits.items():
        open_tab(page, tab_name)
        expect(content).to_be_visible()
        assert fits(tab), tab_name
    open_tab(page, "Products")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name=name).first).to_be_visible()
    assert fits(tab)
    tab.goto(f"{gallery.shopify.url}/{gallery.shop}/apps/studio/products/8001/page")
    expect(tab.get_by_label(other)).to_be_attached()
    tab.set_viewport_size({"width": WIDTHS[0], "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTHS[0]


def test_a_variant_is_assigned_to_a_print_base(tab: Page, gallery: Gallery) -> None:
    page = console(tab, gallery)
    open_tab(page, "Products")
    page.get_by_role("button", name="Set up Portrait").click()
    page.get_by_text("Print bases").click()
    page.get_by_role("button", name="Add a base").click()
    page.get_by_label("Name").fill("Canvas")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Add a print size").click()
    page.get_by_label("Name").fill("A3")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Assign a variant").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Choose a variant.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Choose a variant").click()
    page.get_by_label("Pet portrait - 12 x 16 in").check()
    page.get_by_role("button", name="Select").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="41002")).to_contain_text("Canvas, A3")
    (mapping,) = gallery.merchant("GET", f"products/{gallery.product}/mappings").json()["items"]
    assert mapping["shopify_variant_id"] == "gid://shopify/ProductVariant/41002"


def test_a_print_is_found_by_its_order_downloaded_and_made_again(tab: Page, gallery: Gallery) -> None:
    preview = gallery.preview()
    order = gallery.order(preview["line_item_property"])
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    page = console(tab, gallery)
    open_tab(page, "Orders and images")
    tiles = page.get_by_role("tabpanel").get_by_role("listitem")
    expect(tiles).to_have_count(2)
    expect(tiles.locator("img")).to_have_count(2)  # small pictures, which both are the preview
    assert (
        evaluate(tab, "new Set([...document.querySelectorAll('.tile img')].map(e => new URL(e.src).pathname)).size")
        == 1
    )
    page.get_by_label("Order", exact=True).fill("#1001")
    page.get_by_label("Order", exact=True).press("Tab")
    expect(page.get_by_role("alert").filter(has_text="This is not an order number.")).to_be_visible()
    expect(tiles).to_have_count(0)
    page.get_by_label("Order", exact=True).fill(str(order["id"]))
    page.get_by_label("Order", exact=True).press("Tab")
    expect(tiles).to_have_count(1)
    page.get_by_role("button", name=f"Print of order {order['id']}").click()
    expect(page.get_by_alt_text("The print")).to_have_js_property("naturalWidth", 400)
    with tab.expect_download() as download:
        page.get_by_role("link", name="Download the print").click()
    assert download.value.suggested_filename.startswith("print-")
    page.get_by_role("button", name="Make it again").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it again").click()
    expect(page.get_by_text("The print is being made again.")).to_be_visible()
    expect(page.get_by_text("Waiting", exact=True)).to_be_visible()
    assert gallery.drain() == []
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()


def test_the_crop_of_a_held_final_is_accepted(tab: Page, gallery: Gallery, base: dict[str, Any]) -> None:
    mapping = {"product_base_variant_id": base["variant"]["uuid"], "shopify_variant_id": OTHER_VARIANT}
    gallery.merchant("PUT", f"products/{gallery.product}/bases/{base['uuid']}", {"is_enabled": True})
    assert gallery.merchant("PUT", f"products/{gallery.product}/mappings", mapping).status_code == 200
    order = gallery.order(gallery.preview()["line_item_property"], variant=4102)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    page = console(tab, gallery)
    open_tab(page, "Orders and images")
    page.get_by_role("button", name=f"Print of order {order['id']}").click()
    expect(page.get_by_text("Held", exact=True)).to_be_visible()
    expect(page.get_by_text("has another shape than the preview")).to_be_visible()
    shape = page.locator(".kept").evaluate("(e) => e.clientWidth / e.clientHeight")
    assert shape == pytest.approx(350 / 250, rel=0.03)
    page.get_by_role("button", name="Accept the crop and print").click()
    expect(page.get_by_text("The print is being made.")).to_be_visible()
    assert gallery.drain() == []
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_alt_text("The print")).to_have_js_property("naturalWidth", 350)


def test_a_search_that_rarely_matches_stops_and_says_how_far_it_looked(
    tab: Page, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_queries, "MAX_ROWS_READ", 2)
    add_generations(gallery, 1, generation_type=GenerationType.FINAL)
    add_generations(gallery, 12)
    page = console(tab, gallery)
    open_tab(page, "Orders and images")
    tiles = page.get_by_role("tabpanel").get_by_role("listitem")
    expect(tiles).to_have_count(13)
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url) if "/generations?" in request.url else None)
    page.get_by_label("Kind").select_option("final")
    expect(page.get_by_text(re.compile(r"Nothing yet\. The search went back to .*\d"))).to_be_visible()
    assert len(requests) == 5
    page.get_by_role("button", name="Look further").click()
    expect(tiles).to_have_count(1)
    expect(page.get_by_role("button", name="Look further")).to_be_hidden()
    expect(page.get_by_text("The search went back")).to_have_count(0)


def test_first_steps_are_about_one_product_and_look_at_every_product(tab: Page, gallery: Gallery) -> None:
    """Before the complete product, there are one with a size only, one with a style only, and four with neither."""
    numbers = (n for n in itertools.count(9000) if products.product_uuid(gallery.shop, n) < gallery.product)
    others = []
    for title, number in zip(["Sized", "Styled", *"ABCD"], numbers, strict=False):
        body = {"shopify_product_id": number, "title": title}
        others.append(gallery.merchant("POST", "products", body).json()["uuid"])
    variant = {"shopify_variant_id": "gid://shopify/ProductVariant/9001"}
    gallery.merchant("POST", f"products/{others[0]}/sizes", {"name": "A", "width_px": 9, "height_px": 9, **variant})
    gallery.merchant("PUT", f"products/{others[1]}/styles/{gallery.style}", {"is_enabled": True})
    refusal = {"reason": "not approved", "since": clock.iso(clock.now())}
    Shop(gallery.shop, "studio").update([Shop.refused_topics.set({"orders/paid": refusal})])
    page = console(tab, gallery)
    expect(page.get_by_role("heading", name="Your studio is ready")).to_be_visible()
    expect(page.get_by_text("Shopify does not report these changes to us: orders/paid.")).to_be_visible()
    expect(page.get_by_role("region", name="Your shop")).to_contain_text("Portrait")
    gallery.merchant("PUT", f"products/{gallery.product}", {"is_enabled": False})
    open_tab(page, "Usage")
    open_tab(page, "Start")
    expect(page.get_by_text("1 of 4 steps are left.")).to_be_visible()
    first = "Sized" if others[0] < others[1] else "Styled"
    expect(page.get_by_text(f"This is about “{first}”.")).to_have_count(2)
    page.get_by_role("button", name="Offer styles").click()
    expect(page.get_by_role("heading", name=first)).to_be_visible()


def test_a_style_that_one_product_refuses_is_created_once(tab: Page, gallery: Gallery) -> None:
    page = console(tab, gallery)
    open_tab(page, "Styles")
    page.get_by_role("button", name="Create a style").click()
    page.get_by_role("button", name="Oil").click()
    tab.route(
        "**/products/*/styles/*", lambda route: route.fulfill(status=409, json={"code": "TooManyStyles", "errors": []})
    )
    page.get_by_role("button", name="Create the style").click()
    dialog = page.get_by_role("dialog", name="The style is not offered everywhere")
    expect(dialog).to_contain_text("Portrait: A product can have at most 99 styles.")
    tab.unroute_all()
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("heading", name="Oil", exact=True)).to_be_visible()
    names = [each["name"] for each in gallery.merchant("GET", "styles").json()["items"]]
    assert sorted(names) == ["Oil", "Pencil"]


def test_parameters_of_a_style_keep_their_types(tab: Page, gallery: Gallery) -> None:
    before = {"seed": "42", "note": "1e3", "strength": 0.5, "fast": True}
    gallery.merchant("PUT", f"styles/{gallery.style}", {"parameters": before})
    page = console(tab, gallery)
    open_tab(page, "Styles")
    page.get_by_role("button", name="Edit Pencil").click()
    field = page.get_by_label("Parameters of the image model")
    field.fill(field.input_value().replace("strength=0.5", "strength=0.75") + "\ncode=007\nhex=0x10\nsteps=30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The style was saved.")).to_be_visible()
    after = gallery.merchant("GET", f"styles/{gallery.style}").json()["parameters"]
    assert after == {**before, "strength": 0.75, "code": "007", "hex": "0x10", "steps": 30}


def test_usage_shows_the_quota_and_a_chart_with_its_table(tab: Page, gallery: Gallery) -> None:
    gallery.preview()
    page = console(tab, gallery)
    open_tab(page, "Usage")
    expect(page.get_by_text("1 of 500 images")).to_be_visible()
    chart = page.locator("figure").filter(has_text="Previews in the last 30 days")
    expect(chart.get_by_role("img")).to_have_count(30)
    expect(chart.get_by_role("img").last).to_have_accessible_name(re.compile(": 1$"))


def test_limits_per_visitor_are_set_and_an_invalid_one_is_marked(tab: Page, gallery: Gallery) -> None:
    page = console(tab, gallery)
    open_tab(page, "Limits")
    guest = page.get_by_role("group", name="Each guest")
    guest.get_by_label("Previews in 10 minutes").fill("16")
    page.get_by_role("button", name="Save").click()
    expect(guest.get_by_text("must be at most `day`")).to_be_visible()
    assert fits(tab)
    guest.get_by_label("Previews in 10 minutes").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The limits were saved.")).to_be_visible()
    stored = gallery.merchant("GET", "visitor-limits").json()
    assert stored["guest_address"]["previews"] == {"day": 15, "burst": 3}


def test_the_keyboard_is_enough(tab: Page, new_shop: Gallery) -> None:
    page = console(tab, new_shop)
    expect(page.get_by_role("heading", name="Set up your studio")).to_be_visible()
    page.get_by_role("tab", name="Start").focus()
    for key in ("ArrowRight", "ArrowRight"):
        tab.keyboard.press(key)
    expect(page.get_by_role("tab", name="Styles")).to_be_focused()
    expect(page.get_by_role("heading", name="No styles yet")).to_be_visible()
    tab.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Create a style")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A new style")).to_be_focused()
    page.get_by_label("Name", exact=True).focus()
    tab.keyboard.type("Oil")
    tab.keyboard.press("Tab")
    tab.keyboard.type("An oil painting")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Oil")).to_be_focused()
    outline = page.get_by_role("button", name="Save").evaluate(
        "e => { e.focus(); return getComputedStyle(e).outlineStyle }"
    )
    assert outline == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read(tab: Page, gallery: Gallery, scheme: Any) -> None:
    tab.emulate_media(color_scheme=scheme)
    page = console(tab, gallery)
    for name in ("Start", "Products", "Watermark", "Usage"):
        open_tab(page, name)
        expect(page.get_by_role("tabpanel").get_by_role("heading").first).to_be_visible()
        assert evaluate(tab, CONTRASTS) == []
