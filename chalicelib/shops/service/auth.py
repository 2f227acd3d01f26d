"""Auth verifiers: merchants by session token, shoppers by app proxy signature, Shopify by webhook signature."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import jwt

from chalicelib.integrations.shopify.signature import verify_proxy_signature, verify_webhook_signature
from chalicelib.kit import clock
from chalicelib.kit.auth import Credentials, security
from chalicelib.kit.http.client_address import address_behind_proxy
from chalicelib.shops import app_proxy, apps
from chalicelib.shops.apps import App
from chalicelib.shops.errors import (
    InvalidProxySignature,
    InvalidSessionToken,
    InvalidShopDomain,
    InvalidWebhookSignature,
    WrongApp,
)
from chalicelib.shops.gids import gid_or_none
from chalicelib.shops.models import Shop
from chalicelib.shops.service.oauth_install import ensure_installed, require_shop_domain
from chalicelib.shops.service.session_evidence import SessionToken
from chalicelib.shops.service.shop_identity import resolve_shop
from chalicelib.shops.webhook_headers import find_signature

LEEWAY = 10
_CLAIMS = ["iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"]


@dataclass(frozen=True, slots=True)
class Merchant:
    """A user of one app in the shop's admin. `user_id` is Shopify's number of the staff account.

    `shop` is the shop's first domain, under which its rows are stored.
    """

    shop: str
    app: str
    user_id: str | None
    installation: Shop = field(repr=False, compare=False)
    """The shop's row, which verifying the token has read."""

    @property
    def subject(self) -> str:
        return f"shop:{self.shop}"


@dataclass(frozen=True, slots=True)
class Shopper:
    """A visitor of the shop's storefront; `customer_id` is a GID, None for a guest, `path_prefix` the app's path.

    `shop` is the shop's first domain, under which its rows are stored.
    """

    shop: str
    app: str
    customer_id: str | None
    path_prefix: str = app_proxy.DEFAULT_PREFIX
    address: str = field(default="", repr=False)
    """The visitor's IP address, for limits only: it is personal data. Empty if Shopify's proxy sent none."""

    @property
    def subject(self) -> str:
        return f"shopper:{self.shop}:{self.customer_id or 'guest'}"

    @property
    def tenant(self) -> str:
        """The caller's name in log lines; it does not contain the customer."""
        return f"shopper:{self.shop}"


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Shopify as the sender of a webhook to an app. The signature does not cover `headers`."""

    app: str
    headers: Mapping[str, str]

    @property
    def subject(self) -> str:
        return f"shopify:{self.app}"


@security("shopifySessionToken", type="http", scheme="bearer", bearerFormat="JWT")
def merchant(credentials: Credentials) -> Merchant:
    """Return the merchant that a Shopify session token names. The first request of a shop installs the app there.

    Raises InvalidSessionToken.
    """
    token = credentials.bearer()
    app, claims = _verify_session_token(token)
    issuer, destination = urlsplit(str(claims["iss"])), urlsplit(str(claims["dest"]))
    try:
        domain = require_shop_domain(destination.hostname or "")
    except InvalidShopDomain as error:
        raise InvalidSessionToken from error
    if issuer.hostname != destination.hostname or {issuer.scheme, destination.scheme} != {"https"}:
        raise InvalidSessionToken
    row = ensure_installed(app, domain, SessionToken(token, _issued_at(claims)))
    return Merchant(row.shop, app.handle, str(claims["sub"]), row)


@security("shopifyWebhookSignature", type="apiKey", name="X-Shopify-Hmac-Sha256", **{"in": "header"})
def webhook_sender(credentials: Credentials) -> WebhookSender:
    """Verify the HMAC over the raw body with the secrets of the app in the path.

    Raises AppNotFound, InvalidWebhookSignature.
    """
    app = apps.get_app(credentials.path["app"])
    signature, body = find_signature(credentials.headers), credentials.raw_body
    if not any(verify_webhook_signature(signature, body, secret) for secret in app.secrets):
        raise InvalidWebhookSignature
    return WebhookSender(app.handle, credentials.headers)


@security("shopifyAppProxy", type="apiKey", name="signature", **{"in": "query"})
def shopper(credentials: Credentials) -> Shopper:
    """Return the visitor that the app proxy names; the secret that verifies decides the app.

    Raises InvalidProxySignature.
    """
    query, now = credentials.query, clock.now().timestamp()
    secrets = ((app, secret) for app in apps.iterate_configured_apps() for secret in app.secrets)
    app = next((app for app, secret in secrets if verify_proxy_signature(query, secret, now)), None)
    if app is None:
        raise InvalidProxySignature
    try:
        [customer] = query.get("logged_in_customer_id", [""])
        [prefix] = query.get("path_prefix", [app_proxy.DEFAULT_PREFIX])
        customer_id = gid_or_none("Customer", customer)
        domain = require_shop_domain(query["shop"][0])
        # The app proxy sends `X-Forwarded-For: The client IP address` (shopify.dev, "Authenticate app proxies"). Its
        # signature does not cover the header: while a signed URL is valid, a caller can skip the proxy and choose the address.
        address = address_behind_proxy(credentials.headers.get("x-forwarded-for", ""), credentials.source_ip)
        prefix = app_proxy.require_path_prefix(prefix)
    except (ValueError, InvalidShopDomain) as error:
        raise InvalidProxySignature from error
    return Shopper(resolve_shop(domain, app.handle), app.handle, customer_id, prefix, address)


C = TypeVar("C", Merchant, Shopper)


def only_app(verifier: Callable[[Credentials], C], app: str) -> Callable[[Credentials], C]:
    """Return a verifier that accepts the callers of one app. It raises WrongApp for those of the shop's other apps."""

    @functools.wraps(verifier)
    def verify(credentials: Credentials) -> C:
        caller = verifier(credentials)
        if caller.app != app:
            raise WrongApp
        return caller

    return verify


def _verify_session_token(token: str) -> tuple[App, dict[str, Any]]:
    """Return the app and the verified claims of a session token.

    Source: shopify.dev/docs/apps/build/authentication-authorization/session-tokens. Raises InvalidSessionToken.
    """
    failure: jwt.InvalidTokenError = jwt.InvalidSignatureError()
    try:
        app = _find_app(jwt.decode(token, options={"verify_signature": False}))
        for secret in app.secrets:
            try:
                return app, _decode_claims(token, app.key, secret)
            except jwt.InvalidSignatureError as error:
                failure = error
    except jwt.InvalidTokenError as error:
        failure = error
    raise InvalidSessionToken(headers={"WWW-Authenticate": "Bearer"}) from failure


def _issued_at(claims: Mapping[str, Any]) -> datetime:
    """Return the verified `iat`. Raises InvalidSessionToken if it is not a timestamp."""
    try:
        return datetime.fromtimestamp(claims["iat"], UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidSessionToken from error


def _decode_claims(token: str, audience: str, secret: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        audience=audience,
        leeway=LEEWAY,
        options={"require": _CLAIMS, "strict_aud": True},
    )


def _find_app(claims: dict[str, Any]) -> App:
    """Return the app in `aud` of an unverified token. Raises InvalidAudienceError."""
    for app in apps.iterate_configured_apps():
        if claims.get("aud") == app.key:
            return app
    raise jwt.InvalidAudienceError
