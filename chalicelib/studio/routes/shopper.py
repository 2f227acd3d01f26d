"""`/proxy/studio/…`: what the storefront calls through Shopify's app proxy, which signs the query and nothing else."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.studio.schemas.shopper import (
    GenerationAccepted,
    GenerationCreate,
    OfferRead,
    PreviewRead,
    UploadCreate,
    UploadRead,
    UploadStatusRead,
)
from chalicelib.studio.service import generations, pages, storefront, uploads
from chalicelib.studio.service.auth import Shopper, shopper

bp = Blueprint(__name__)


@bp.route("/proxy/studio/products/{shopify_product_id}", methods=["GET"])
@endpoint(bp, auth=shopper, returns=OfferRead)
def get_offer(call: ApiRequest[Shopper], shopify_product_id: str) -> OfferRead:
    """The styles and sizes that can be chosen on a product, by its number in Shopify."""
    return storefront.read_offer(call.principal, shopify_product_id)


@bp.route("/proxy/studio/products/{shopify_product_id}/page", methods=["GET"])
@endpoint(bp, auth=shopper)
def show_page(call: ApiRequest[Shopper], shopify_product_id: str) -> Response:
    """The page on which a shopper makes an image for a product and puts it into the cart."""
    page = pages.storefront_page_of(call.principal, shopify_product_id)
    return Response(page.html, page.headers, page.status)


@bp.route("/proxy/studio/uploads", methods=["POST"])
@endpoint(bp, auth=shopper, body=UploadCreate, returns=UploadRead, status=201, idempotent="joined")
def begin_upload(call: ApiRequest[Shopper, UploadCreate]) -> UploadRead:
    """Where to send a photo: a form for S3 that lasts 15 minutes and takes at most 25 MB.

    A guest's Idempotency-Key must be random: whoever sends the same is given the same upload.
    """
    return uploads.begin(call.principal, call.body, call.idempotency)


@bp.route("/proxy/studio/uploads/{upload_id}", methods=["GET"])
@endpoint(bp, auth=shopper, returns=UploadStatusRead)
def get_upload(call: ApiRequest[Shopper], upload_id: str) -> UploadStatusRead:
    """Whether the photo has arrived and can be used; a guest adds `token`."""
    return UploadStatusRead.of(uploads.get(call.principal, upload_id, _parameter(call, "token")))


@bp.route("/proxy/studio/generations", methods=["POST"])
@endpoint(bp, auth=shopper, body=GenerationCreate, returns=GenerationAccepted, status=202, idempotent="joined")
def request_generation(call: ApiRequest[Shopper, GenerationCreate]) -> GenerationAccepted:
    """Have a preview made of an accepted photo."""
    return generations.request(call.principal, call.body, call.principal.path_prefix, call.idempotency)


@bp.route("/proxy/studio/generations/{generation_id}", methods=["GET"])
@endpoint(bp, auth=shopper, returns=PreviewRead)
def get_generation(call: ApiRequest[Shopper], generation_id: str) -> PreviewRead:
    """How the preview is doing; once completed, its picture and what to put on the cart's line. A guest adds `token`."""
    return generations.read(call.principal, generation_id, _parameter(call, "token"))


def _parameter(call: ApiRequest[Shopper, Any], name: str) -> str | None:
    """Of the query, which Shopify's signature covers."""
    return next(iter(call.credentials.query.get(name, ())), None)
