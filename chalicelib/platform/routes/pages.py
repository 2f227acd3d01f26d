"""`/platform/app`: the owners' page."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit import front_door
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.service import pages

bp = Blueprint(__name__)


def _links() -> list[Link]:
    return [Link(Person.STORE_OWNER, "Stores", "platform/app", "Stores with a database of their own.")]


front_door.register_links("platform", _links)


@bp.route("/platform/app", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_platform(call: ApiRequest) -> Response:
    """Return the owners' page. The page contains no data: it reads them with the browser's session."""
    document = pages.owner_page()
    return Response(document.html, document.headers, document.status)
