"""Routes of the app itself: health, readiness and the API document."""

from __future__ import annotations

import json
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kit import aws, config, docs_page, lazy_app, openapi
from chalicelib.kit.errors import NotFound, Unavailable
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.models import Lock
from chalicelib.kit.schemas import Schema
from chalicelib.kit.web import gallery

bp = Blueprint(__name__)

TITLE, VERSION = "Backroom", "0.1.0"


class Health(Schema):
    status: str = "ok"


@bp.route("/health", methods=["GET"])
@endpoint(bp, returns=Health)
def health(call: ApiRequest) -> Health:
    """Return ok if the process answers. Uses no other service."""
    return Health()


@bp.route("/ready", methods=["GET"])
@endpoint(bp, returns=Health)
def ready(call: ApiRequest) -> Health:
    """Return ok if database and bucket answer; 503 if one does not."""
    try:
        Lock.count("ready")
        aws.client("s3").head_bucket(Bucket=config.settings().images_bucket)
    except Exception as error:
        raise Unavailable("The database or the bucket does not answer.", retry_after=5) from error
    return Health()


@bp.route("/openapi.json", methods=["GET"])
@endpoint(bp)
def openapi_json(call: ApiRequest) -> Response:
    """Return the OpenAPI 3.1 document of this API."""
    return Response(body=json.dumps(_document()), headers={"Content-Type": "application/json"})


@bp.route("/docs", methods=["GET"])
@endpoint(bp, media_type="text/html")
def docs(call: ApiRequest) -> Response:
    """Return the API document as an HTML page."""
    page = docs_page.render(_document())
    return Response(page.html, page.headers, page.status)


@bp.route("/kit/web", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_components(call: ApiRequest) -> Response:
    """Return a page with every component of the pages; 404 outside the stages `local` and `test`."""
    if config.settings().stage not in ("local", "test"):
        raise NotFound
    page = gallery.gallery_page()
    return Response(page.html, page.headers, page.status)


def _document() -> dict[str, Any]:
    return openapi.document(lazy_app.load_all(bp.current_app).routes, TITLE, VERSION)
