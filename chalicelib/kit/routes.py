"""What the bundle says of itself: health, readiness, the API document."""

from __future__ import annotations

import json
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kit import aws, config, docs_page, lazy_app, openapi
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.models import Lock
from chalicelib.kit.schemas import Schema

bp = Blueprint(__name__)

TITLE, VERSION = "Backroom", "0.1.0"


class Health(Schema):
    status: str = "ok"


@bp.route("/health", methods=["GET"])
@endpoint(bp, returns=Health)
def health(call: Call) -> Health:
    """Whether the process answers; touches nothing."""
    return Health()


@bp.route("/ready", methods=["GET"])
@endpoint(bp, returns=Health)
def ready(call: Call) -> Health:
    """Whether the stores answer: one read of a table, one look at the bucket; 503 where one does not."""
    try:
        Lock.count("ready")
        aws.client("s3").head_bucket(Bucket=config.settings().images_bucket)
    except Exception as error:
        raise Unavailable("A store does not answer.", retry_after=5) from error
    return Health()


@bp.route("/openapi.json", methods=["GET"])
@endpoint(bp)
def openapi_json(call: Call) -> Response:
    """This API, as OpenAPI 3.1."""
    return Response(body=json.dumps(_document()), headers={"Content-Type": "application/json"})


@bp.route("/docs", methods=["GET"])
@endpoint(bp, media_type="text/html")
def docs(call: Call) -> Response:
    """This API, as a page."""
    return Response(body=docs_page.render(_document()), headers={"Content-Type": "text/html; charset=utf-8"})


def _document() -> dict[str, Any]:
    return openapi.document(lazy_app.load_all(bp.current_app).routes, TITLE, VERSION)
