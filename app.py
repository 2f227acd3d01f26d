"""Backroom's table of contents: every blueprint, no logic."""

from chalice.app import Chalice

from chalicelib.billing.jobs import bp as billing_jobs
from chalicelib.billing.routes import bp as billing_routes
from chalicelib.kit.http import problem_details
from chalicelib.kit.routes import bp as kit_routes
from chalicelib.retention.jobs import bp as retention_jobs
from chalicelib.shops.jobs import bp as shops_jobs
from chalicelib.shops.routes import bp as shops_routes

app = Chalice(app_name="backroom")
app.register_middleware(problem_details, "http")

for blueprint in (
    kit_routes,
    shops_routes,
    shops_jobs,
    billing_routes,
    billing_jobs,
    retention_jobs,
):
    app.register_blueprint(blueprint)
