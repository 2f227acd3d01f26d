"""HTTP of the studio: merchants, shoppers, operators."""

from chalicelib.studio.routes.bases import bp as base_routes
from chalicelib.studio.routes.callbacks import bp as callback_routes
from chalicelib.studio.routes.gallery import bp as gallery_routes
from chalicelib.studio.routes.operator import bp as operator_routes
from chalicelib.studio.routes.pages import bp as page_routes
from chalicelib.studio.routes.products import bp as product_routes
from chalicelib.studio.routes.shopper import bp as shopper_routes
from chalicelib.studio.routes.styles import bp as style_routes

__all__ = [
    "base_routes",
    "callback_routes",
    "gallery_routes",
    "operator_routes",
    "page_routes",
    "product_routes",
    "shopper_routes",
    "style_routes",
]
