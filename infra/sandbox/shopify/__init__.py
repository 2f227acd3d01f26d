"""The Shopify sandbox."""

from infra.sandbox.shopify.apps import API_VERSION, SANDBOX_APPS, App
from infra.sandbox.shopify.sandbox import ShopifySandbox

__all__ = ["API_VERSION", "SANDBOX_APPS", "App", "ShopifySandbox"]
