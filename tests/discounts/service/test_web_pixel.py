"""The web pixel at Shopify: activated on installation, with the site's public key."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.analytics.models import Site
from chalicelib.discounts.repository import shop_days
from chalicelib.discounts.schemas.publication import ShopDayEnded
from chalicelib.discounts.service import day_closes, measurement, web_pixel
from chalicelib.integrations.shopify import web_pixels
from chalicelib.integrations.shopify.web_pixels import WebPixelRefused
from chalicelib.kit import clock
from chalicelib.shops.models import Shop
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service import webhook_registration
from tests.discounts.merchants import DiscountShop


def settings_at_shopify(shop: DiscountShop) -> dict[str, str]:
    pixel = shop.shopify.web_pixel("discounts", shop.shop)
    assert pixel is not None
    return dict(pixel)


def test_an_installation_activates_the_pixel(discount_shop: DiscountShop) -> None:
    settings = settings_at_shopify(discount_shop)
    site = Site.get(measurement.tenant_of(discount_shop.shop))
    assert settings == {"key": site.key, "endpoint": str(discount_shop.api.base_url) + "/v1/analytics/events"}
    assert site.origins == [f"https://{discount_shop.shop}", "null"]
    assert site.counted == {"product_viewed": "sku", "product_added_to_cart": "sku"}
    assert (site.time_zone, site.currency) == ("America/New_York", "USD")


def test_it_may_be_activated_again_and_gets_a_new_key(discount_shop: DiscountShop) -> None:
    before = settings_at_shopify(discount_shop)
    web_pixel.activate_pixel(discount_shop.shop)
    assert settings_at_shopify(discount_shop) == before
    site = Site.get(measurement.tenant_of(discount_shop.shop))
    site.update([Site.key.set("pk_rotated")])
    web_pixel.activate_pixel(discount_shop.shop)
    assert settings_at_shopify(discount_shop)["key"] == "pk_rotated"


def test_a_shop_without_the_app_or_the_permission_ends_no_other_step(
    discount_shop: DiscountShop, caplog: pytest.LogCaptureFixture
) -> None:
    web_pixel.activate_pixel("unknown.myshopify.com")

    def refuse(*_: Any, **__: Any) -> None:
        raise WebPixelRefused("INVALID_SETTINGS: no")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(web_pixels, "activate", refuse)
        web_pixel.activate_pixel(discount_shop.shop)


@pytest.mark.parametrize("status", [402, 423])
def test_a_frozen_shop_gets_its_pixel_at_the_close_of_a_day_after_it_is_available(
    discount_shop: DiscountShop, status: int
) -> None:
    shop, today = discount_shop.shop, clock.now().date()
    Site.get(measurement.tenant_of(shop)).update([Site.key.set("pk_rotated")])
    discount_shop.shopify.freeze_shop(shop, status)
    web_pixel.activate_pixel(shop)
    web_pixel.retry_pixel(shop, today)
    assert settings_at_shopify(discount_shop)["key"] != "pk_rotated"
    discount_shop.shopify.unfreeze_shop(shop)
    webhook_registration.register_webhooks(RegistrationRequested(shop=shop, app="discounts"))
    day_closes.close_shop_day(ShopDayEnded(shop=shop, app="discounts", day=today))
    assert settings_at_shopify(discount_shop)["key"] == "pk_rotated"


def test_the_close_of_a_day_activates_only_a_pixel_that_was_refused(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(web_pixel, "activate_pixel", calls.append)
    for shop in (discount_shop.shop, "unknown.myshopify.com"):
        web_pixel.retry_pixel(shop, clock.now().date())
    assert calls == []
    shop_days.set_pixel_pending(discount_shop.shop)
    web_pixel.retry_pixel(discount_shop.shop, clock.now().date())
    assert calls == [discount_shop.shop]


def test_a_changed_time_zone_or_currency_reaches_the_site_at_the_close_of_a_day(discount_shop: DiscountShop) -> None:
    row = Shop.get(discount_shop.shop, "discounts")
    row.update([Shop.iana_timezone.set("Europe/Berlin"), Shop.currency.set("EUR")])
    measurement.refresh_site(discount_shop.shop, clock.now().date())
    site = Site.get(measurement.tenant_of(discount_shop.shop))
    assert (site.time_zone, site.currency) == ("Europe/Berlin", "EUR")
