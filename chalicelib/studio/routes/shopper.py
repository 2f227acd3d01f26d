"""`/proxy/studio/…`: endpoints for the storefront, through Shopify's app proxy, which signs only the query."""

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
    """Return the styles and sizes offered on a product, by its Shopify id."""
    return storefront.read_offer(call.principal, shopify_product_id)


@bp.route("/proxy/studio/products/{shopify_product_id}/page", methods=["GET"])
@endpoint(bp, auth=shopper)
def show_storefront_page(call: ApiRequest[Shopper], shopify_product_id: str) -> Response:
    """Return the page to make an image for a product and add it to the cart."""
    page = pages.storefront_page(call.principal, shopify_product_id)
    return Response(page.html, page.headers, page.status)


@bp.route("/proxy/studio/uploads", methods=["POST"])
@endpoint(bp, auth=shopper, body=UploadCreate, returns=UploadRead, status=201, idempotent="joined")
def begin_upload(call: ApiRequest[Shopper, UploadCreate]) -> UploadRead:
    """Create an upload and return its S3 form, which is valid for 15 minutes and takes at most 25 MB.

    A guest's Idempotency-Key must be random: another guest with the same key would get the same upload.
    """
    return uploads.begin_upload(call.principal, call.body, call.idempotency)


@bp.route("/proxy/studio/uploads/{upload_id}", methods=["GET"])
@endpoint(bp, auth=shopper, returns=UploadStatusRead)
def get_upload(call: ApiRequest[Shopper], upload_id: str) -> UploadStatusRead:
    """Return whether the photo was received and accepted; a guest adds `token`."""
    return UploadStatusRead.of(uploads.get_upload(call.principal, upload_id, _parameter(call, "token")))


@bp.route("/proxy/studio/generations", methods=["POST"])
@endpoint(bp, auth=shopper, body=GenerationCreate, returns=GenerationAccepted, status=202, idempotent="joined")
def request_preview(call: ApiRequest[Shopper, GenerationCreate]) -> GenerationAccepted:
    """Request a preview of an accepted photo."""
    return generations.request_preview(call.principal, call.body, call.principal.path_prefix, call.idempotency)


@bp.route("/proxy/studio/generations/{generation_id}", methods=["GET"])
@endpoint(bp, auth=shopper, returns=PreviewRead)
def get_preview(call: ApiRequest[Shopper], generation_id: str) -> PreviewRead:
    """Return the preview's status and, once completed, its image and line item property. A guest adds `token`."""
    return generations.read_preview(call.principal, generation_id, _parameter(call, "token"))


def _parameter(call: ApiRequest[Shopper, Any], name: str) -> str | None:
    """Return a parameter of the query, which Shopify's signature covers."""
    return next(iter(call.credentials.query.get(name, ())), None)
