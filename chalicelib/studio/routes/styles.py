"""`/v1/studio/styles…`: styles that turn a photo into an image."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.studio.routes.etags import etag_of, expected_version
from chalicelib.studio.routes.sorting import sorted_page
from chalicelib.studio.schemas.catalogue import ExamplePut, StyleCreate, StyleRead, StyleUpdate
from chalicelib.studio.schemas.merchant import TrialCreate, TrialRead
from chalicelib.studio.service import style_trials, styles
from chalicelib.studio.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/styles", methods=["POST"])
@endpoint(bp, auth=merchant, body=StyleCreate, returns=StyleRead, status=201, idempotent="joined")
def add_style(call: ApiRequest[Merchant, StyleCreate]) -> StyleRead:
    """Create a style. Its template may use {style}, {product} and {text}; other placeholders are rejected."""
    return styles.add_style(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/styles", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[StyleRead])
def list_styles(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[StyleRead]:
    """List the shop's active styles in their order."""
    return sorted_page(styles.list_styles(call.principal.shop), call.page).map(styles.to_style_read)


@bp.route("/v1/studio/styles/{style_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=StyleRead, etag=etag_of)
def get_style(call: ApiRequest[Merchant], style_id: str) -> StyleRead:
    """Return one style."""
    return styles.to_style_read(styles.get_style(call.principal.shop, style_id))


@bp.route("/v1/studio/styles/{style_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=StyleUpdate, returns=StyleRead, etag=etag_of, if_match="optional")
def change_style(call: ApiRequest[Merchant, StyleUpdate], style_id: str) -> StyleRead:
    """Update a style, or reactivate a removed one; omitted fields stay."""
    return styles.to_style_read(styles.change_style(call.principal.shop, style_id, call.body, expected_version(call)))


@bp.route("/v1/studio/styles/{style_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_style(call: ApiRequest[Merchant], style_id: str) -> None:
    """Deactivate a style; its row stays for past generations."""
    styles.remove_style(call.principal.shop, style_id)


@bp.route("/v1/studio/styles/{style_id}/example", methods=["PUT"])
@endpoint(bp, auth=merchant, body=ExamplePut, returns=StyleRead)
def put_example(call: ApiRequest[Merchant, ExamplePut], style_id: str) -> StyleRead:
    """Set the example image that shows the style to shoppers."""
    return styles.to_style_read(styles.put_example(call.principal.shop, style_id, call.body.image))


@bp.route("/v1/studio/styles/{style_id}/trials", methods=["POST"])
@endpoint(bp, auth=merchant, body=TrialCreate, returns=TrialRead, status=202, idempotent="joined")
def request_trial(call: ApiRequest[Merchant, TrialCreate], style_id: str) -> TrialRead:
    """Try the style on a sample photo; the trial is a preview and counts in the quota."""
    return style_trials.request_trial(call.principal.shop, style_id, call.body, call.idempotency)
