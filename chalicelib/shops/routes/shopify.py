"""Endpoints of Shopify: OAuth installation in the browser, and webhooks."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from chalicelib.kit import config
from chalicelib.kit.http import MAX_WEBHOOK_BODY, ApiRequest, endpoint
from chalicelib.shops.schemas.shopify import InstallationStart, OAuthCallback, WebhookAnswer
from chalicelib.shops.service import oauth_install, webhook_intake
from chalicelib.shops.service.auth import WebhookSender, webhook_sender

bp = Blueprint(__name__)

COOKIE = "backroom_install"
COOKIE_SECONDS = 600


@bp.route("/shopify/{app}/auth", methods=["GET"])
@endpoint(bp, query=InstallationStart, status=302)
def start_oauth(call: ApiRequest[None, None, InstallationStart], app: str) -> Response:
    """Redirect a merchant's browser to Shopify, to install the app in their shop."""
    redirect = oauth_install.start_oauth(app, call.query.shop)
    return Response("", {"Location": redirect.url, "Set-Cookie": _cookie(app, redirect.cookie, COOKIE_SECONDS)}, 302)


@bp.route("/shopify/{app}/auth/callback", methods=["GET"])
@endpoint(bp, query=OAuthCallback, status=302)
def complete_oauth(call: ApiRequest[None, None, OAuthCallback], app: str) -> Response:
    """Install the app after Shopify's OAuth callback, and redirect the browser to the app in the admin."""
    url = oauth_install.complete_oauth(
        app, call.credentials.query, _cookie_of(call.credentials.headers.get("cookie", ""))
    )
    return Response("", {"Location": url, "Set-Cookie": _cookie(app, "", 0)}, 302)


@bp.route("/webhooks/shopify/{app}", methods=["POST"])
@endpoint(bp, auth=webhook_sender, max_body=MAX_WEBHOOK_BODY, returns=WebhookAnswer)
def receive_webhook(call: ApiRequest[WebhookSender], app: str) -> WebhookAnswer:
    """Receive a webhook delivery: it is stored once and published at least once."""
    is_new = webhook_intake.receive_webhook(call.principal, call.credentials.raw_body)
    return WebhookAnswer(status="recorded" if is_new else "known")


def _cookie(app: str, value: str, seconds: int) -> str:
    public = urlsplit(config.settings().public_url)
    secure = "; Secure" if public.scheme == "https" else ""
    path = f"{public.path.rstrip('/')}/shopify/{app}/auth"  # API Gateway puts its stage in front
    return f"{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _cookie_of(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
