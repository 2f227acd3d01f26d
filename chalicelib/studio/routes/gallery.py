"""`/v1/studio/…`: the watermark, the quota, the limits per visitor, and the generations."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import MAX_WEBHOOK_BODY, ApiRequest, endpoint
from chalicelib.kit.http.etags import content_version
from chalicelib.studio.routes.etags import etag_of, expected_version
from chalicelib.studio.schemas.merchant import (
    GenerationQuery,
    GenerationRead,
    GenerationsRead,
    QuotaRead,
    UsageRead,
    WatermarkPreviewCreate,
    WatermarkPreviewRead,
    WatermarkPut,
    WatermarkRead,
)
from chalicelib.studio.schemas.visitor_limits import VisitorLimitsPut, VisitorLimitsRead
from chalicelib.studio.service import gallery, orders, visitor_limits, watermarks
from chalicelib.studio.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/watermark", methods=["GET"])
@endpoint(bp, auth=merchant, returns=WatermarkRead, etag=etag_of)
def get_watermark(call: ApiRequest[Merchant]) -> WatermarkRead:
    """Return the watermark on the shop's previews."""
    return watermarks.get_watermark(call.principal.shop)


@bp.route("/v1/studio/watermark", methods=["PUT"])
@endpoint(bp, auth=merchant, body=WatermarkPut, returns=WatermarkRead, etag=etag_of, if_match="optional")
def put_watermark(call: ApiRequest[Merchant, WatermarkPut]) -> WatermarkRead:
    """Set the watermark: its image (the present one stays if omitted), opacity, position and size."""
    return watermarks.put_watermark(call.principal.shop, call.body, expected_version(call))


@bp.route("/v1/studio/watermark/preview", methods=["POST"])
@endpoint(bp, auth=merchant, body=WatermarkPreviewCreate, returns=WatermarkPreviewRead, max_body=MAX_WEBHOOK_BODY)
def preview_watermark(call: ApiRequest[Merchant, WatermarkPreviewCreate]) -> WatermarkPreviewRead:
    """Render watermark settings on the photo in the body, or on a sample; nothing is stored."""
    return watermarks.preview_watermark(call.principal.shop, call.body)


@bp.route("/v1/studio/quota", methods=["GET"])
@endpoint(bp, auth=merchant, returns=QuotaRead)
def get_quota(call: ApiRequest[Merchant]) -> QuotaRead:
    """Return the shop's limits and their current use."""
    return gallery.read_quota(call.principal.shop)


@bp.route("/v1/studio/visitor-limits", methods=["GET"])
@endpoint(bp, auth=merchant, returns=VisitorLimitsRead, etag=content_version)
def get_visitor_limits(call: ApiRequest[Merchant]) -> VisitorLimitsRead:
    """Return the limits on uploads and previews: per customer, per guest address, and for all guests together."""
    return visitor_limits.get_limits(call.principal.shop)


@bp.route("/v1/studio/visitor-limits", methods=["PUT"])
@endpoint(
    bp, auth=merchant, body=VisitorLimitsPut, returns=VisitorLimitsRead, etag=content_version, if_match="optional"
)
def put_visitor_limits(call: ApiRequest[Merchant, VisitorLimitsPut]) -> VisitorLimitsRead:
    """Set the limits on uploads and previews; they apply from the next request."""
    return visitor_limits.put_limits(call.principal.shop, call.body, call.if_match)


@bp.route("/v1/studio/usage", methods=["GET"])
@endpoint(bp, auth=merchant, returns=UsageRead)
def get_usage(call: ApiRequest[Merchant]) -> UsageRead:
    """Return the shop's limits with their use, and its most used styles."""
    return gallery.read_usage(call.principal.shop)


@bp.route("/v1/studio/generations", methods=["GET"])
@endpoint(bp, auth=merchant, query=GenerationQuery, returns=GenerationsRead)
def list_generations(call: ApiRequest[Merchant, None, GenerationQuery]) -> GenerationsRead:
    """List the shop's generations, filtered by status, type, upscale status, order, product, style or customer.

    Newest first. With more than one filter, or with the type, a page may hold fewer items than `limit`, or none: follow
    `next_cursor` until it is null. `searched_back_to` says how far the pages until now looked.
    """
    return gallery.list_generations(call.principal.shop, call.query, call.page)


@bp.route("/v1/studio/generations/{generation_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=GenerationRead)
def get_generation(call: ApiRequest[Merchant], generation_id: str) -> GenerationRead:
    """Return one generation, with links to its images that expire after five minutes."""
    return gallery.get_generation(call.principal.shop, generation_id)


@bp.route("/v1/studio/generations/{generation_id}/remake", methods=["POST"])
@endpoint(bp, auth=merchant, returns=GenerationRead, status=202, idempotent="joined")
def remake_final(call: ApiRequest[Merchant], generation_id: str) -> GenerationRead:
    """Make a final again at the present print size of its variant; the old file is deleted.

    A held final is made with the centered crop of its preview's picture.
    """
    return orders.remake_final(call.principal.shop, generation_id, call.idempotency)
