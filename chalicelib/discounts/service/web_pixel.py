"""The web pixel of a shop, which sends events with the public key of the shop's site."""

from __future__ import annotations

from chalicelib.discounts.models import APP
from chalicelib.discounts.service import measurement
from chalicelib.integrations.shopify import web_pixels
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.integrations.shopify.web_pixels import WebPixelRefused
from chalicelib.kit import config, logs
from chalicelib.shops.service import InstallationNotFound, open_admin_api

log = logs.logger("discounts")


def activate_pixel(shop: str) -> None:
    """Register the shop's site and activate the pixel with its key, after an installation. It may be repeated.

    Without an installation or the permission it does nothing. Raises ShopifyThrottled, ShopifyUnavailable.
    """
    key = measurement.register_shop(shop)
    settings = {"key": key, "endpoint": f"{config.settings().public_url}/v1/analytics/events"}
    try:
        web_pixels.activate(open_admin_api(shop, APP).graphql, settings)
    except (InstallationNotFound, ShopifyRefused, WebPixelRefused) as error:
        log.warning("web pixel not activated", extra={"shop": shop, "why": str(error)})
