"""Backroom's table of contents: every blueprint, no logic."""

from chalice.app import Chalice

from chalicelib.billing.jobs import bp as billing_jobs
from chalicelib.billing.routes import bp as billing_routes
from chalicelib.kit.http import problem_details
from chalicelib.kit.routes import bp as kit_routes
from chalicelib.retention.jobs import bp as retention_jobs
from chalicelib.shops.jobs import bp as shops_jobs
from chalicelib.shops.routes.merchant import bp as shops_merchant_routes
from chalicelib.shops.routes.operator import bp as shops_operator_routes
from chalicelib.shops.routes.shopify import bp as shops_shopify_routes
from chalicelib.studio.jobs import bp as studio_jobs
from chalicelib.studio.routes.finals import bp as studio_final_routes
from chalicelib.studio.routes.merchant import bp as studio_merchant_routes
from chalicelib.studio.routes.shopper import bp as studio_shopper_routes

app = Chalice(app_name="backroom")
app.register_middleware(problem_details, "http")

for blueprint in (
    kit_routes,
    shops_shopify_routes,
    shops_merchant_routes,
    shops_operator_routes,
    shops_jobs,
    billing_routes,
    billing_jobs,
    studio_merchant_routes,
    studio_final_routes,
    studio_shopper_routes,
    studio_jobs,
    retention_jobs,
):
    app.register_blueprint(blueprint)
