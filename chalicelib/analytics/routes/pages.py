"""`/analytics/app`: the analytics page."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.analytics.pages.console import page
from chalicelib.kit import config, front_door
from chalicelib.kit.auth import Role
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


def _links() -> list[Link]:
    return [Link(Person.OPERATOR, "Analytics", "analytics/app", "Traffic of every site, and revenue.", Role.OPERATOR)]


front_door.register_links("analytics", _links)


@bp.route("/analytics/app", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_analytics(call: ApiRequest) -> Response:
    """Return the analytics page. The page contains no data: it reads them with a token."""
    document = page.analytics_page(f"{config.settings().public_url}/analytics/snippet.js")
    return Response(document.html, document.headers, document.status)
