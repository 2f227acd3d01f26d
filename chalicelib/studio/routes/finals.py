"""`/v1/studio/generations/{id}/remake`: what a merchant asks for when a print file is lost."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import Call, endpoint
from chalicelib.studio.schemas.merchant import GenerationRead
from chalicelib.studio.service import gallery, orders
from chalicelib.studio.service.callers import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/generations/{generation_id}/remake", methods=["POST"])
@endpoint(bp, auth=merchant, returns=GenerationRead, status=202)
def remake_final(call: Call[Merchant], generation_id: str) -> GenerationRead:
    """Have a final made once more, at the print size that its variant has now; its file of before is deleted."""
    orders.remake(call.principal.shop, generation_id)
    return gallery.get_generation(call.principal.shop, generation_id)
