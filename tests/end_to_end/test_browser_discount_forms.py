"""The page of the discounts in Chromium: the form with its preview, refusals, failed publications."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from pynamodb.expressions.update import Action

from chalicelib.discounts.enums import Publication
from chalicelib.discounts.models import Discount
from infra.local import chromium
from tests.discounts.conftest import discount_shop, new_discount_shop
from tests.discounts.merchants import DiscountShop
from tests.end_to_end.test_browser import browser
from tests.end_to_end.test_browser_discounts import MARKUP, assert_accessible, evaluate, overview, phone, tab, tab_to

__all__ = ["browser", "discount_shop", "new_discount_shop", "phone", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


def discounts_page(tab: Page, shop: DiscountShop) -> FrameLocator:
    page = overview(tab, shop)
    page.get_by_role("link", name="Discounts", exact=True).click()
    return page


def test_a_price_is_set_seen_in_the_preview_changed_and_deleted(tab: Page, discount_shop: DiscountShop) -> None:
    page = discounts_page(tab, discount_shop)
    expect(page.get_by_role("heading", name="No discounts yet")).to_be_visible()
    assert_accessible(tab)
    page.get_by_role("button", name="Set a price").click()
    page.get_by_label("Title").fill(MARKUP)
    page.get_by_label("Kind").select_option("fixed_price")
    page.get_by_label("Value", exact=True).fill("12,50")
    page.get_by_label("Items").fill("MUG-1\nMUG-2 = 25%")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Total $12.50")).to_be_visible()
    preview.get_by_label("SKU").fill("MUG-2")
    expect(preview.get_by_text("Total $15.00")).to_be_visible()
    assert_accessible(tab)
    page.get_by_role("button", name="Create the discount").click()
    expect(page.get_by_role("heading", name=MARKUP)).to_be_visible()
    [row] = Discount.query(discount_shop.shop)
    assert (row.value, row.skus) == (Decimal("12.5"), ["MUG-1", "MUG-2"])
    assert row.overrides == {"MUG-2": {"value_type": "percentage", "value": "25"}}
    assert_accessible(tab)
    page.get_by_role("button", name=f"Edit {MARKUP}").click()
    expect(page.get_by_label("Items")).to_have_value("MUG-1\nMUG-2 = 25%")
    page.get_by_label("Active", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    page.get_by_role("button", name=f"Edit {MARKUP}").click()
    page.get_by_role("button", name="Delete the discount").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="No discounts yet")).to_be_visible()
    assert evaluate(tab, "document.images.length") == 0, "markup stays text"


def test_a_refusal_stands_beside_its_field(phone: Page, discount_shop: DiscountShop) -> None:
    discount_shop.add(title="Taken")
    page = discounts_page(phone, discount_shop)
    page.get_by_role("button", name="Set a price").click()
    page.get_by_role("button", name="Create the discount").click()
    expect(page.get_by_text("Please fill this in.")).to_have_count(3)
    page.get_by_label("Title").fill("taken")
    page.get_by_label("Value", exact=True).fill("150")
    page.get_by_label("Items").fill("A")
    page.get_by_role("button", name="Create the discount").click()
    expect(page.get_by_label("Value", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Value", exact=True).fill("15")
    page.get_by_role("button", name="Create the discount").click()
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    assert Discount.count(discount_shop.shop) == 1


def test_a_failed_publication_says_why(tab: Page, discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(title="Mugs")
    discount_shop.drain()
    reason = "25 automatic discounts are active already"
    actions: list[Action] = [Discount.publication.set(Publication.FAILED), Discount.publication_error.set(reason)]
    Discount(discount_shop.shop, discount["discount_id"]).update(actions)
    page = discounts_page(tab, discount_shop)
    expect(page.get_by_text("“Mugs” is not in Shopify")).to_be_visible()
    expect(page.get_by_text(re.compile(reason))).to_be_visible()
    assert_accessible(tab)
    page.get_by_role("button", name="Edit Mugs").click()
    expect(page.get_by_text(re.compile(reason))).to_be_visible()


def test_another_persons_change_is_not_overwritten(phone: Page, discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(title="Mugs")
    page = discounts_page(phone, discount_shop)
    page.get_by_role("button", name="Edit Mugs").click()
    expect(page.get_by_label("Title")).to_have_value("Mugs")
    discount_shop.changed(discount, title="Cups")
    page.get_by_label("Title").fill("Plates")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Load it again").click()
    expect(page.get_by_label("Title")).to_have_value("Cups")


def test_a_price_is_set_and_deleted_by_keyboard_alone(phone: Page, discount_shop: DiscountShop) -> None:
    page = overview(phone, discount_shop)
    page.get_by_role("link", name="Overview").focus()
    tab_to(phone, "Discounts")
    phone.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No discounts yet")).to_be_visible()
    page.get_by_role("link", name="Overview").focus()
    tab_to(phone, "Set a price")
    phone.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_be_visible()
    for label, text in (("Title", "Mugs"), ("Value", "15"), ("Items", "MUG-1")):
        tab_to(phone, label)
        phone.keyboard.type(text)
    tab_to(phone, "Create the discount")
    phone.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mugs")).to_be_visible()
    tab_to(phone, "Edit Mugs")
    phone.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_have_value("Mugs")
    tab_to(phone, "Delete the discount")
    phone.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_visible()
    tab_to(phone, "Delete")
    phone.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No discounts yet")).to_be_visible()
