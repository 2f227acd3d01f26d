"""HTTP of the shops: one blueprint for Shopify and its browsers, one for merchants, one for operators."""

from chalicelib.shops.routes.merchant import bp as merchant_routes
from chalicelib.shops.routes.operator import bp as operator_routes
from chalicelib.shops.routes.shopify import bp as shopify_routes

__all__ = [
    "merchant_routes",
    "operator_routes",
    "shopify_routes",
]
