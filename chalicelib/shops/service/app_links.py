"""URLs of an app in a shop's admin."""

from __future__ import annotations

from chalicelib.shops import apps, domain


def app_page_url(shop: str, app: str) -> str:
    """Return the URL of the app in the shop's admin. Raises AppNotFound."""
    return f"https://admin.shopify.com/store/{domain.store_name(shop)}/apps/{apps.get_app(app).key}"
