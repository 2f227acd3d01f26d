"""The apps and shops of the Shopify sandbox."""

import re
import zlib
from dataclasses import dataclass

from infra.sandbox.server import Json

API_VERSION = "2026-10"
SHOP_DOMAIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_]*\.myshopify\.com")


@dataclass(frozen=True)
class App:
    """An app, with the fields of the Partner dashboard."""

    handle: str
    key: str
    secret: str
    scopes: tuple[str, ...]


SANDBOX_APPS = {
    "discounts": App(
        "discounts",
        "sandbox-discounts-key",
        "sandbox-discounts-secret-of-no-real-app",
        (
            "read_products",
            "read_orders",
            "read_customers",
            "read_inventory",
            "write_discounts",
            "write_pixels",
            "read_customer_events",
            "write_app_proxy",
        ),
    ),
    "studio": App(
        "studio",
        "sandbox-studio-key",
        "sandbox-studio-secret-of-no-real-app",
        ("read_products", "read_orders", "read_customers"),
    ),
}


def new_shop(domain: str) -> Json:
    """Derive a shop's details from its domain; a shop with a valid domain needs no setup."""
    name = domain.removesuffix(".myshopify.com")
    return {
        "id": 10_000_000 + zlib.crc32(domain.encode()) % 90_000_000,
        "name": name.replace("-", " ").replace("_", " ").title(),
        "email": f"owner@{name}.example",
        "currency": "USD",
        "iana_timezone": "America/New_York",
        "plan_name": "basic",
        "plan_display_name": "Basic",
    }


def shop_payload(domain: str, shop: Json) -> Json:
    """Build the Shop resource, the payload of app/uninstalled and shop/update.

    Source: https://shopify.dev/docs/api/webhooks?reference=toml#list-of-topics-app/uninstalled.
    """
    return {
        "id": shop["id"],
        "name": shop["name"],
        "email": shop["email"],
        "customer_email": shop["email"],
        "domain": domain,
        "myshopify_domain": domain,
        "country_code": "US",
        "currency": shop["currency"],
        "iana_timezone": shop["iana_timezone"],
        "plan_name": shop["plan_name"],
        "plan_display_name": shop["plan_display_name"],
        "primary_locale": "en",
        "shop_owner": "Sandbox Owner",
        "created_at": "2026-01-01T00:00:00-05:00",
        "updated_at": shop.get("updated_at", "2026-01-01T00:00:00-05:00"),
    }
