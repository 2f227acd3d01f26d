"""Backroom's table of contents: every blueprint, no logic."""

from chalice.app import Chalice

from chalicelib.kit.http import problem_details
from chalicelib.kit.routes import bp as kit_routes

app = Chalice(app_name="backroom")
app.api.binary_types = []
app.register_middleware(problem_details, "http")

for blueprint in (kit_routes,):
    app.register_blueprint(blueprint)
