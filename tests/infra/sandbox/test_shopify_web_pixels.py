"""The web pixel of an app: create, change, delete, and Shopify's refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.sandbox.conftest import SHOP, Admin, Receiver

ERRORS = "userErrors { code field message }"
CREATE = f"mutation ($pixel: WebPixelInput!) {{ webPixelCreate(webPixel: $pixel) {{ webPixel {{ id settings }} {ERRORS} }} }}"
UPDATE = f"""mutation ($id: ID!, $pixel: WebPixelInput!) {{
  webPixelUpdate(id: $id, webPixel: $pixel) {{ webPixel {{ id settings }} {ERRORS} }} }}"""
DELETE = f"mutation ($id: ID!) {{ webPixelDelete(id: $id) {{ deletedWebPixelId {ERRORS} }} }}"
READ = "{ webPixel { id settings } }"


@pytest.fixture
def discounts(shopify, http) -> Admin:
    return Admin(shopify, http, "discounts")


def create(admin: Admin, settings: Any) -> dict[str, Any]:
    result: dict[str, Any] = admin.call(CREATE, pixel={"settings": settings})["data"]["webPixelCreate"]
    return result


def test_a_pixel_is_created_read_changed_and_deleted(discounts, shopify):
    assert discounts.call(READ)["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    pixel = create(discounts, {"key": "pk_1"})
    assert pixel["userErrors"] == []
    assert shopify.web_pixel("discounts", SHOP) == {"key": "pk_1"}
    id_ = pixel["webPixel"]["id"]
    assert discounts.call(READ)["data"]["webPixel"]["id"] == id_
    discounts.call(UPDATE, id=id_, pixel={"settings": '{"key": "pk_2"}'})
    assert shopify.web_pixel("discounts", SHOP) == {"key": "pk_2"}
    assert discounts.call(DELETE, id=id_)["data"]["webPixelDelete"]["deletedWebPixelId"] == id_
    assert shopify.web_pixel("discounts", SHOP) is None


def test_an_app_has_one_pixel_in_a_shop(discounts):
    create(discounts, {"key": "pk_1"})
    assert create(discounts, {"key": "pk_2"})["userErrors"][0]["code"] == "TAKEN"


@pytest.mark.parametrize(
    ("settings", "code"),
    [("no JSON", "INVALID_CONFIGURATION_JSON"), ({"key": ""}, "INVALID_SETTINGS"), ([1], "INVALID_SETTINGS")],
)
def test_other_settings_are_refused(discounts, shopify, settings, code):
    assert create(discounts, settings)["userErrors"][0]["code"] == code
    assert shopify.web_pixel("discounts", SHOP) is None


def test_unknown_pixels_and_apps_without_the_scope_are_refused(discounts, admin):
    id_ = "gid://shopify/WebPixel/1"
    assert discounts.call(DELETE, id=id_)["data"]["webPixelDelete"]["userErrors"][0]["code"] == "NOT_FOUND"
    update = discounts.call(UPDATE, id=id_, pixel={"settings": {"key": "x"}})["data"]["webPixelUpdate"]
    assert update["userErrors"][0]["code"] == "NOT_FOUND"
    assert admin.call(CREATE, pixel={"settings": {"key": "x"}})["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_an_uninstallation_deletes_the_pixel(discounts, shopify, receiver: Receiver):
    create(discounts, {"key": "pk_1"})
    shopify.uninstall("discounts", SHOP)
    assert shopify.web_pixel("discounts", SHOP) is None
