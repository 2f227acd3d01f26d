"""Routes of the app itself: the front door, health, readiness and the API document."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from chalicelib.kit import asyncapi, aws, config, docs_page, error_pages, front_door, lazy_app, openapi
from chalicelib.kit.errors import NotFound, Unavailable
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.models import Lock
from chalicelib.kit.schemas import Schema
from chalicelib.kit.version import VERSION
from chalicelib.kit.web import gallery

bp = Blueprint(__name__)

TITLE = "Backroom"


class Health(Schema):
    status: str = "ok"


def _links() -> list[Link]:
    return [
        Link(Person.DEVELOPER, "API reference", "/docs", "Every operation, with an example and a form to send it."),
        Link(Person.DEVELOPER, "Components of the pages", "/kit/web", "Each component of the pages in every state."),
        Link(Person.DEVELOPER, "Error codes", "/docs/errors", "What each code means, and what to do."),
        Link(Person.DEVELOPER, "AsyncAPI document", "/asyncapi.json", "The topics, with their messages and consumers."),
        Link(Person.DEVELOPER, "OpenAPI document", "/openapi.json", "The API reference for machines."),
    ]


front_door.register_links("kit", _links)


@bp.route("/", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_front_door(call: ApiRequest) -> Response:
    """Return a page that says what runs, with links for each person; 404 outside the stages `local` and `test`."""
    if config.settings().stage not in front_door.STAGES:
        raise NotFound
    lazy_app.load_all(bp.current_app)  # a context registers its links when it is imported
    page = front_door.front_door_page(call.credentials.headers)
    return Response(page.html, page.headers, page.status)


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


@bp.route("/docs/errors", methods=["GET"])
@endpoint(bp, media_type="text/html")
def list_error_codes(call: ApiRequest) -> Response:
    """Return an HTML page that lists every error code."""
    page = error_pages.list_page()
    return Response(page.html, page.headers, page.status)


@bp.route("/docs/errors/{code}", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_error_code(call: ApiRequest, code: str) -> Response:
    """Return the HTML page of an error code: what it means and what to do. The `type` of a problem refers to it."""
    page = error_pages.code_page(code)
    return Response(page.html, page.headers, page.status)


@bp.route("/asyncapi.json", methods=["GET"])
@endpoint(bp)
def asyncapi_json(call: ApiRequest) -> Response:
    """Return the AsyncAPI 3.0 document of the topics: messages, publishers and consumers."""
    document = asyncapi.document(lazy_app.load_all(bp.current_app), TITLE, VERSION)
    return Response(body=json.dumps(document), headers={"Content-Type": "application/json"})


@bp.route("/kit/web", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_components(call: ApiRequest) -> Response:
    """Return a page with every component of the pages; 404 outside the stages `local` and `test`."""
    if config.settings().stage not in front_door.STAGES:
        raise NotFound
    page = gallery.gallery_page()
    return Response(page.html, page.headers, page.status)


def _document() -> dict[str, Any]:
    return openapi.document(lazy_app.load_all(bp.current_app).routes, TITLE, VERSION, server_url())


def server_url() -> str:
    """Return the API's public URL; in a live stage without one `/`, the host that serves the document."""
    settings = config.settings()
    is_local = urlsplit(settings.public_url).hostname in config.LOOPBACK
    return "/" if settings.is_live and is_local else settings.public_url
