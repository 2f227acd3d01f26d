"""The web pixel at Shopify: activated on installation, with the site's public key."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.analytics.models import Site
from chalicelib.discounts.service import measurement, web_pixel
from chalicelib.integrations.shopify import web_pixels
from chalicelib.integrations.shopify.web_pixels import WebPixelRefused
from chalicelib.kit import clock
from chalicelib.shops.models import Shop
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


def test_a_changed_time_zone_or_currency_reaches_the_site_at_the_close_of_a_day(discount_shop: DiscountShop) -> None:
    row = Shop.get(discount_shop.shop, "discounts")
    row.update([Shop.iana_timezone.set("Europe/Berlin"), Shop.currency.set("EUR")])
    measurement.refresh_site(discount_shop.shop, clock.now().date())
    site = Site.get(measurement.tenant_of(discount_shop.shop))
    assert (site.time_zone, site.currency) == ("Europe/Berlin", "EUR")
