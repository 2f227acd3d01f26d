"""`/studio/app`: the merchant's page. It holds nothing of any shop, so that anybody may be shown it."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.studio.schemas.merchant import AppQuery
from chalicelib.studio.service import pages

bp = Blueprint(__name__)


@bp.route("/studio/app", methods=["GET"])
@endpoint(bp, query=AppQuery)
def show_app(call: ApiRequest[None, None, AppQuery]) -> Response:
    """The page on which a merchant sets the watermark, for Shopify's admin to frame."""
    page = pages.watermark_page_of(call.query.shop)
    return Response(page.html, page.headers, page.status)
