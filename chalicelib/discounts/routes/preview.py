"""`/v1/discounts/preview`: an estimate of a cart."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.preview import PreviewCreate, PreviewRead
from chalicelib.discounts.service import measurement, preview
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.discounts.service.discounts import editor_of
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/discounts/preview", methods=["POST"])
@endpoint(bp, auth=merchant, body=PreviewCreate, returns=PreviewRead)
def preview_discounts(call: ApiRequest[Merchant, PreviewCreate]) -> PreviewRead:
    """Estimate a cart with the shop's discounts, entered codes and a draft. Nothing is stored.

    Shopify decides in the cart: it also enforces usage limits and discounts of other apps.
    """
    result = preview.preview_discounts(editor_of(call.principal), call.body)
    measurement.note_use(call.principal, "previewed")
    return result
