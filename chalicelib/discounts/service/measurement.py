"""The measurement of a shop: its site at analytics, and the uses of our features."""

from __future__ import annotations

from datetime import date

from chalicelib.analytics import service as analytics
from chalicelib.discounts.models import APP
from chalicelib.kit import clock, logs
from chalicelib.kit.errors import NotFound
from chalicelib.shops.service import Merchant, find_locale

COUNTED = {"product_viewed": "sku", "product_added_to_cart": "sku"}
"""The web pixel's events (`extensions/sku-pixel/`), counted by SKU."""
_SANDBOXED = "null"
"""The Origin of the sandbox in which Shopify runs web pixels."""

log = logs.logger("discounts")


def tenant_of(shop: str) -> str:
    """Return the shop's tenant at analytics."""
    return f"shop:{shop}:{APP}"


def register_shop(shop: str) -> str:
    """Register the shop's site, or bring its settings up to date; return its public key. Reads two rows if all is set."""
    locale = find_locale(shop, APP)
    domains = dict.fromkeys(filter(None, (shop, locale.domain)))  # a renamed shop has pages at both
    options = {"currency": locale.currency} if locale.currency else {}
    return analytics.register_site(
        tenant_of(shop),
        shop,
        time_zone=locale.time_zone,
        origins=[*(f"https://{domain}" for domain in domains), _SANDBOXED],
        counted=COUNTED,
        readers=[],
        **options,
    )


def refresh_site(shop: str, _day: date) -> None:
    """Update the site's settings at the close of a day: the shop may have another time zone or currency."""
    register_shop(shop)


def note_use(merchant: Merchant, feature: str) -> None:
    """Count the use of a feature by a user of the shop's admin. A failure is logged: the use itself succeeded."""
    tenant, user = tenant_of(merchant.shop), merchant.user_id or "unknown"
    try:
        try:
            analytics.feature_used(tenant, feature, user, clock.now())
        except NotFound:  # the shop installed the app before it was measured
            register_shop(merchant.shop)
            analytics.feature_used(tenant, feature, user, clock.now())
    except Exception:
        log.exception("use of a feature not counted", extra={"shop": merchant.shop, "feature": feature})
