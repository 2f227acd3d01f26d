"""URLs of an app in a shop's admin."""

from __future__ import annotations

from chalicelib.shops import apps, domain


def app_page_url(domain_name: str, app: str) -> str:
    """Return the URL of the app in the admin of the shop with this present domain. Raises AppNotFound."""
    return f"https://admin.shopify.com/store/{domain.store_name(domain_name)}/apps/{apps.get_app(app).key}"
