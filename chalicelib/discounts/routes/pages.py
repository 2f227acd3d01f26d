"""`/discounts/app…`: the merchant's pages. They contain no shop's data and need no authentication."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.discounts.pages.console.page import Screen
from chalicelib.discounts.schemas.pages import EmbeddedPageQuery
from chalicelib.discounts.service import pages
from chalicelib.kit import front_door
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)

front_door.register_links("discounts", pages.list_front_door_links)


@bp.route("/discounts/app", methods=["GET"])
@endpoint(bp, query=EmbeddedPageQuery)
def show_overview(call: ApiRequest[None, None, EmbeddedPageQuery]) -> Response:
    """Return the overview: figures, search, stores, exports."""
    return _response(Screen.OVERVIEW, call.query.shop)


@bp.route("/discounts/app/discounts", methods=["GET"])
@endpoint(bp, query=EmbeddedPageQuery)
def show_discounts(call: ApiRequest[None, None, EmbeddedPageQuery]) -> Response:
    """Return the page with the list of discounts and their form."""
    return _response(Screen.DISCOUNTS, call.query.shop)


@bp.route("/discounts/app/advice", methods=["GET"])
@endpoint(bp, query=EmbeddedPageQuery)
def show_advice(call: ApiRequest[None, None, EmbeddedPageQuery]) -> Response:
    """Return the page with recommendations, competitors and price tests."""
    return _response(Screen.ADVICE, call.query.shop)


def _response(screen: Screen, shop: str) -> Response:
    page = pages.merchant_page(screen, shop)
    return Response(page.html, page.headers, page.status)
