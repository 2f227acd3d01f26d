"""`/studio/app`: the merchant's console. It contains no shop's data and needs no authentication."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit import front_door
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.studio.schemas.merchant import AppQuery
from chalicelib.studio.service import pages

bp = Blueprint(__name__)

front_door.register_links("studio", pages.list_front_door_links)


@bp.route("/studio/app", methods=["GET"])
@endpoint(bp, query=AppQuery)
def show_console(call: ApiRequest[None, None, AppQuery]) -> Response:
    """Return the merchant's console, framed by Shopify's admin."""
    page = pages.merchant_page(call.query.shop)
    return Response(page.html, page.headers, page.status)
