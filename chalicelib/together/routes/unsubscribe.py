"""`/together/unsubscribe`: the link in e-mails, for people and for mail programs (RFC 8058)."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.web import Document
from chalicelib.together.domain.mail_delivery import REASONS
from chalicelib.together.errors import UnsubscribeLinkNotFound
from chalicelib.together.pages.unsubscribe import page
from chalicelib.together.schemas.notifications import UnsubscribeQuery
from chalicelib.together.service import mail_subscriptions

bp = Blueprint(__name__)


@bp.route("/together/unsubscribe", methods=["GET"])
@endpoint(bp, query=UnsubscribeQuery, media_type="text/html")
def show_unsubscribe(call: ApiRequest[None, None, UnsubscribeQuery]) -> Response:
    """Return the page with the button that unsubscribes.

    GET changes nothing: programs that check e-mails open their links.
    """
    try:
        subscription = mail_subscriptions.read_link(call.query.token)
    except UnsubscribeLinkNotFound:
        return _response(page.invalid_page())
    url = f"unsubscribe?token={call.query.token}"  # relative: a URL may have the path of a stage before ours
    return _response(page.question_page(REASONS[subscription.kind], url))


@bp.route("/together/unsubscribe", methods=["POST"], content_types=["*/*"])
@endpoint(bp, query=UnsubscribeQuery, max_body=10_000, media_type="text/html")
def unsubscribe(call: ApiRequest[None, None, UnsubscribeQuery]) -> Response:
    """Stop the e-mails that the link names, without sign-in.

    A mail program sends `List-Unsubscribe=One-Click` in a form; the body is not read. Repeating the request changes
    nothing.
    """
    try:
        subscription = mail_subscriptions.unsubscribe(call.query.token)
    except UnsubscribeLinkNotFound:
        return _response(page.invalid_page())
    return _response(page.result_page(REASONS[subscription.kind]))


def _response(document: Document) -> Response:
    return Response(document.html, document.headers, document.status)
