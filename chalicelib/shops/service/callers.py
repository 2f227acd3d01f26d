"""Who calls: merchants by session token, shoppers by the app proxy's signature, Shopify by its webhook's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from chalicelib.kit import clock
from chalicelib.kit.auth import Credentials, security
from chalicelib.shops import apps, proxy, webhook
from chalicelib.shops.apps import App
from chalicelib.shops.errors import (
    InvalidProxySignature,
    InvalidSessionToken,
    InvalidShopDomain,
    InvalidWebhookSignature,
)
from chalicelib.shops.gids import gid_or_none
from chalicelib.shops.models import Shop
from chalicelib.shops.service.installing import ensure_installed, shop_domain
from chalicelib.shops.service.session_evidence import SessionToken

LEEWAY = 10
_CLAIMS = ["iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"]


@dataclass(frozen=True, slots=True)
class Merchant:
    """Somebody who works in the shop's admin, in one app. `user_id` is Shopify's number of the staff account."""

    shop: str
    app: str
    user_id: str | None
    installation: Shop = field(repr=False, compare=False)
    """What verifying the token had to read anyway."""

    @property
    def subject(self) -> str:
        return f"shop:{self.shop}"


@dataclass(frozen=True, slots=True)
class Shopper:
    """A visitor of the shop's storefront; `customer_id` is a GID, None for a guest, `path_prefix` the app's path there."""

    shop: str
    app: str
    customer_id: str | None
    path_prefix: str = proxy.DEFAULT_PREFIX

    @property
    def subject(self) -> str:
        return f"shopper:{self.shop}:{self.customer_id or 'guest'}"

    @property
    def tenant(self) -> str:
        """Who it is in log lines, which name no customer."""
        return f"shopper:{self.shop}"


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Shopify, delivering to one of the apps; the headers say what, but are not covered by its signature."""

    app: str
    headers: Mapping[str, str]

    @property
    def subject(self) -> str:
        return f"shopify:{self.app}"


@security("shopifySessionToken", type="http", scheme="bearer", bearerFormat="JWT")
def merchant(credentials: Credentials) -> Merchant:
    """The merchant whom a Shopify session token names; the first call of a shop installs the app there.

    Raises InvalidSessionToken.
    """
    token = credentials.bearer()
    app, claims = _verify(token)
    issuer, destination = urlsplit(str(claims["iss"])), urlsplit(str(claims["dest"]))
    try:
        shop = shop_domain(destination.hostname or "")
    except InvalidShopDomain as error:
        raise InvalidSessionToken from error
    if issuer.hostname != destination.hostname or {issuer.scheme, destination.scheme} != {"https"}:
        raise InvalidSessionToken
    row = ensure_installed(app, shop, SessionToken(token, _issued_at(claims)))
    return Merchant(shop, app.handle, str(claims["sub"]), row)


@security("shopifyWebhookSignature", type="apiKey", name="X-Shopify-Hmac-Sha256", **{"in": "header"})
def webhook_sender(credentials: Credentials) -> WebhookSender:
    """Shopify itself, by its HMAC over the raw body with the secret of the app in the path.

    Raises UnknownApp, InvalidWebhookSignature.
    """
    app = apps.get(credentials.path["app"])
    headers, body = credentials.headers, credentials.raw_body
    if not any(webhook.is_genuine(headers, body, secret) for secret in app.secrets):
        raise InvalidWebhookSignature
    return WebhookSender(app.handle, credentials.headers)


@security("shopifyAppProxy", type="apiKey", name="signature", **{"in": "query"})
def shopper(credentials: Credentials) -> Shopper:
    """The visitor whom the app proxy names, of whichever app's secret fits. Raises InvalidProxySignature."""
    query, now = credentials.query, clock.now().timestamp()
    every = ((app, secret) for app in apps.configured() for secret in app.secrets)
    app = next((app for app, secret in every if proxy.is_genuine(query, secret, now)), None)
    if app is None:
        raise InvalidProxySignature
    try:
        [customer] = query.get("logged_in_customer_id", [""])
        [prefix] = query.get("path_prefix", [proxy.DEFAULT_PREFIX])
        who = gid_or_none("Customer", customer)
        return Shopper(shop_domain(query["shop"][0]), app.handle, who, proxy.checked_prefix(prefix))
    except (ValueError, InvalidShopDomain) as error:
        raise InvalidProxySignature from error


def _verify(token: str) -> tuple[App, dict[str, Any]]:
    """The app and the verified claims of a session token.

    Source: shopify.dev/docs/apps/build/authentication-authorization/session-tokens. Raises InvalidSessionToken.
    """
    refused: jwt.InvalidTokenError = jwt.InvalidSignatureError()
    try:
        app = _app_of(jwt.decode(token, options={"verify_signature": False}))
        for secret in app.secrets:
            try:
                return app, _claims(token, app.key, secret)
            except jwt.InvalidSignatureError as error:
                refused = error
    except jwt.InvalidTokenError as error:
        refused = error
    raise InvalidSessionToken(headers={"WWW-Authenticate": "Bearer"}) from refused


def _issued_at(claims: Mapping[str, Any]) -> datetime:
    """Return the verified `iat`. Raises InvalidSessionToken if it is no moment."""
    try:
        return datetime.fromtimestamp(claims["iat"], UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidSessionToken from error


def _claims(token: str, audience: str, secret: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        audience=audience,
        leeway=LEEWAY,
        options={"require": _CLAIMS, "strict_aud": True},
    )


def _app_of(claims: dict[str, Any]) -> App:
    """The app that an unverified token says it is for; its secret then decides."""
    for app in apps.configured():
        if claims.get("aud") == app.key:
            return app
    raise jwt.InvalidAudienceError
