"""Backroom's table of contents: every blueprint, no logic."""

from chalice.app import Chalice

from chalicelib.billing.jobs import bp as billing_jobs
from chalicelib.billing.routes import blueprints as billing_routes
from chalicelib.kit.http import problem_details
from chalicelib.kit.routes import bp as kit_routes
from chalicelib.retention.jobs import bp as retention_jobs
from chalicelib.retention.routes import bp as retention_routes
from chalicelib.shops.jobs import bp as shops_jobs
from chalicelib.shops.routes.merchant import bp as shops_merchant_routes
from chalicelib.shops.routes.operator import bp as shops_operator_routes
from chalicelib.shops.routes.shopify import bp as shops_shopify_routes
from chalicelib.studio.jobs import bp as studio_jobs
from chalicelib.studio.routes.bases import bp as studio_base_routes
from chalicelib.studio.routes.callbacks import bp as studio_callback_routes
from chalicelib.studio.routes.gallery import bp as studio_gallery_routes
from chalicelib.studio.routes.operator import bp as studio_operator_routes
from chalicelib.studio.routes.pages import bp as studio_page_routes
from chalicelib.studio.routes.products import bp as studio_product_routes
from chalicelib.studio.routes.shopper import bp as studio_shopper_routes
from chalicelib.studio.routes.styles import bp as studio_style_routes

app = Chalice(app_name="backroom")
app.register_middleware(problem_details, "http")

for blueprint in (
    kit_routes,
    shops_shopify_routes,
    shops_merchant_routes,
    shops_operator_routes,
    shops_jobs,
    *billing_routes,
    billing_jobs,
    studio_product_routes,
    studio_style_routes,
    studio_base_routes,
    studio_gallery_routes,
    studio_callback_routes,
    studio_operator_routes,
    studio_page_routes,
    studio_shopper_routes,
    studio_jobs,
    retention_routes,
    retention_jobs,
):
    app.register_blueprint(blueprint)
