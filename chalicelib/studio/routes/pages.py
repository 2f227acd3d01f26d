"""`/studio/app`: the merchant's page. It contains no shop's data and needs no authentication."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.studio.schemas.merchant import AppQuery
from chalicelib.studio.service import pages

bp = Blueprint(__name__)


@bp.route("/studio/app", methods=["GET"])
@endpoint(bp, query=AppQuery)
def show_watermark_page(call: ApiRequest[None, None, AppQuery]) -> Response:
    """Return the merchant's watermark page, framed by Shopify's admin."""
    page = pages.watermark_page(call.query.shop)
    return Response(page.html, page.headers, page.status)
