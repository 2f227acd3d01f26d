"""`/v1/studio/styles…`: the ways to turn a photo into an image."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.studio.routes.etags import tag, version
from chalicelib.studio.routes.sorting import sorted_page
from chalicelib.studio.schemas.catalogue import ExamplePut, StyleCreate, StyleRead, StyleUpdate
from chalicelib.studio.service import styles
from chalicelib.studio.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/styles", methods=["POST"])
@endpoint(bp, auth=merchant, body=StyleCreate, returns=StyleRead, status=201, idempotent="joined")
def add_style(call: ApiRequest[Merchant, StyleCreate]) -> StyleRead:
    """Add a style. Its template may name {style}, {product} and {text}; any other placeholder is refused."""
    return styles.add_style(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/styles", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[StyleRead])
def list_styles(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[StyleRead]:
    """The shop's styles in their order."""
    return sorted_page(styles.list_styles(call.principal.shop), call.page).map(styles.shown)


@bp.route("/v1/studio/styles/{style_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=StyleRead, etag=tag)
def get_style(call: ApiRequest[Merchant], style_id: str) -> StyleRead:
    """One style."""
    return styles.shown(styles.get_style(call.principal.shop, style_id))


@bp.route("/v1/studio/styles/{style_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=StyleUpdate, returns=StyleRead, etag=tag, if_match="optional")
def change_style(call: ApiRequest[Merchant, StyleUpdate], style_id: str) -> StyleRead:
    """Change a style, or bring a removed one back; what is not given stays."""
    return styles.shown(styles.change_style(call.principal.shop, style_id, call.body, version(call)))


@bp.route("/v1/studio/styles/{style_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_style(call: ApiRequest[Merchant], style_id: str) -> None:
    """Offer a style no longer; its history stays."""
    styles.remove_style(call.principal.shop, style_id)


@bp.route("/v1/studio/styles/{style_id}/example", methods=["PUT"])
@endpoint(bp, auth=merchant, body=ExamplePut, returns=StyleRead)
def put_example(call: ApiRequest[Merchant, ExamplePut], style_id: str) -> StyleRead:
    """Show shoppers what the style makes."""
    return styles.shown(styles.put_example(call.principal.shop, style_id, call.body.image))
