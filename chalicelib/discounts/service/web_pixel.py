"""The web pixel of a shop, which sends events with the public key of the shop's site."""

from __future__ import annotations

from datetime import date

from chalicelib.discounts.models import APP
from chalicelib.discounts.repository import shop_days
from chalicelib.discounts.service import measurement
from chalicelib.integrations.shopify import web_pixels
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.integrations.shopify.web_pixels import WebPixelRefused
from chalicelib.kit import config, logs
from chalicelib.shops.service import InstallationNotFound, open_admin_api

log = logs.logger("discounts")


def activate_pixel(shop: str) -> None:
    """Register the shop's site and activate the pixel with its key, after an installation. It may be repeated.

    Does nothing without an installation. If Shopify refuses the shop or the pixel, the close of each day retries it. Raises
    ShopifyThrottled, ShopifyUnavailable.
    """
    key = measurement.register_shop(shop)
    settings = {"key": key, "endpoint": f"{config.settings().public_url}/v1/analytics/events"}
    try:
        web_pixels.activate(open_admin_api(shop, APP).graphql, settings)
    except InstallationNotFound as error:
        log.warning("web pixel not activated", extra={"shop": shop, "why": str(error)})
    except (ShopifyRefused, WebPixelRefused) as error:
        shop_days.set_pixel_pending(shop)
        log.warning("web pixel not activated", extra={"shop": shop, "why": str(error)})
    else:
        shop_days.clear_pixel_pending(shop)


def retry_pixel(shop: str, _day: date) -> None:
    """Activate the pixel at the close of a day if Shopify refused it before: a frozen shop may be available again."""
    head = shop_days.find_due_head(shop)
    if head is not None and head.is_pixel_pending:
        activate_pixel(shop)
