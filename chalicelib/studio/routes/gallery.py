"""`/v1/studio/…`: the watermark, the quota, and what was made."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import MAX_WEBHOOK_BODY, ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.studio.routes.etags import tag, version
from chalicelib.studio.schemas.merchant import (
    GenerationQuery,
    GenerationRead,
    QuotaRead,
    UsageRead,
    WatermarkPreviewCreate,
    WatermarkPreviewRead,
    WatermarkPut,
    WatermarkRead,
)
from chalicelib.studio.service import gallery, orders, watermarks
from chalicelib.studio.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/watermark", methods=["GET"])
@endpoint(bp, auth=merchant, returns=WatermarkRead, etag=tag)
def get_watermark(call: ApiRequest[Merchant]) -> WatermarkRead:
    """The mark on the shop's previews."""
    return watermarks.read(call.principal.shop)


@bp.route("/v1/studio/watermark", methods=["PUT"])
@endpoint(bp, auth=merchant, body=WatermarkPut, returns=WatermarkRead, etag=tag, if_match="optional")
def put_watermark(call: ApiRequest[Merchant, WatermarkPut]) -> WatermarkRead:
    """Set the mark: its picture (the present one stays if none is sent), opacity, place and size."""
    return watermarks.put(call.principal.shop, call.body, version(call))


@bp.route("/v1/studio/watermark/preview", methods=["POST"])
@endpoint(bp, auth=merchant, body=WatermarkPreviewCreate, returns=WatermarkPreviewRead, max_body=MAX_WEBHOOK_BODY)
def preview_watermark(call: ApiRequest[Merchant, WatermarkPreviewCreate]) -> WatermarkPreviewRead:
    """See a mark's settings on a photo of one's own, or on a sample; nothing is kept."""
    return watermarks.preview(call.principal.shop, call.body)


@bp.route("/v1/studio/quota", methods=["GET"])
@endpoint(bp, auth=merchant, returns=QuotaRead)
def get_quota(call: ApiRequest[Merchant]) -> QuotaRead:
    """What the shop may generate and store, and what it does."""
    return gallery.read_quota(call.principal.shop)


@bp.route("/v1/studio/usage", methods=["GET"])
@endpoint(bp, auth=merchant, returns=UsageRead)
def get_usage(call: ApiRequest[Merchant]) -> UsageRead:
    """What the shop has made and stores, and the styles that were used most."""
    return gallery.read_usage(call.principal.shop)


@bp.route("/v1/studio/generations", methods=["GET"])
@endpoint(bp, auth=merchant, query=GenerationQuery, returns=Page[GenerationRead])
def list_generations(call: ApiRequest[Merchant, None, GenerationQuery]) -> PageResult[GenerationRead]:
    """The shop's generations, by status, kind, print status, order, product, style or customer; newest first.

    Where more than one of them is asked for, or the kind, a page may hold fewer than `limit`, or none: there is more as
    long as there is a `next_cursor`.
    """
    return gallery.list_generations(call.principal.shop, call.query, call.page)


@bp.route("/v1/studio/generations/{generation_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=GenerationRead)
def get_generation(call: ApiRequest[Merchant], generation_id: str) -> GenerationRead:
    """One generation, with links to its pictures that last five minutes."""
    return gallery.get_generation(call.principal.shop, generation_id)


@bp.route("/v1/studio/generations/{generation_id}/remake", methods=["POST"])
@endpoint(bp, auth=merchant, returns=GenerationRead, status=202, idempotent="joined")
def remake_final(call: ApiRequest[Merchant], generation_id: str) -> GenerationRead:
    """Have a final made once more, at the print size that its variant has now; its file of before is deleted."""
    return orders.remake(call.principal.shop, generation_id, call.idempotency)
