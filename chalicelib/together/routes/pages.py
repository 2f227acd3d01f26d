"""`/together/app`: the members' page, and the files beside it."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit import front_door
from chalicelib.kit.errors import NotFound
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.pages.app import page

bp = Blueprint(__name__)


def _links() -> list[Link]:
    return [Link(Person.MEMBER, "Together", "together/app", "The couples app: accounts, check-ins, dates and goals.")]


front_door.register_links("together", _links)


@bp.route("/together/app", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_together(call: ApiRequest) -> Response:
    """Return the members' page. The page contains no data: it reads them with the browser's session."""
    document = page.app_page()
    return Response(document.html, document.headers, document.status)


@bp.route("/together/{file}", methods=["GET"])
@endpoint(bp, media_type="text/plain")
def get_page_file(call: ApiRequest, file: str) -> Response:
    """Return the page's service worker, its manifest or its icon.

    Browsers check each time whether it is still the same, so that a new version is used at once.
    """
    if file not in page.FILES:
        raise NotFound("The page has no such file.")
    part = page.FILES[file]
    headers: dict[str, str | list[str]] = {
        "Content-Type": part.media_type,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(part.text, headers)
