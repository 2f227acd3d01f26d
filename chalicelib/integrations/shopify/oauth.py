"""Shopify's OAuth token endpoint: authorization codes, token exchange and refresh.

Sources: shopify.dev, "Authorization code grant", "Token exchange", "Offline access tokens".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from chalicelib.integrations.shopify import http_client
from chalicelib.integrations.shopify.errors import ShopifyRefused

ACCESS_SECONDS = 3600
"""Lifetime of an expiring offline token; used if a response does not state it."""

_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name, no secret
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
_OFFLINE_TOKEN = "urn:shopify:params:oauth:token-type:offline-access-token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens that Shopify granted; lifetimes in seconds from now. Without a refresh token it cannot be renewed."""

    access_token: str = field(repr=False)
    scope: str
    expires_in: int
    refresh_token: str | None = field(repr=False)
    refresh_token_expires_in: int | None


@dataclass(frozen=True, slots=True)
class Client:
    """An app's credentials at Shopify's token endpoint."""

    key: str
    secret: str = field(repr=False)


def authorize_url(shop: str, client: Client, scopes: str, redirect_uri: str, state: str) -> str:
    """Return the URL at which a merchant's browser requests an offline token; `scopes` are separated by commas."""
    query = {"client_id": client.key, "scope": scopes, "redirect_uri": redirect_uri, "state": state}
    return f"{http_client.admin_url(shop)}/oauth/authorize?{urlencode(query)}"


def redeem_code(shop: str, client: Client, code: str) -> Grant:
    """Exchange an authorization code for an expiring offline token. Raises ShopifyRefused, ShopifyUnavailable."""
    return _request_grant(shop, client, {"code": code, "expiring": "1"})


def exchange_session_token(shop: str, client: Client, session_token: str) -> Grant:
    """Exchange a merchant's session token for an expiring offline token. Raises ShopifyRefused, ShopifyUnavailable."""
    fields = {
        "grant_type": _TOKEN_EXCHANGE,
        "subject_token": session_token,
        "subject_token_type": _ID_TOKEN,
        "requested_token_type": _OFFLINE_TOKEN,
        "expiring": "1",
    }
    return _request_grant(shop, client, fields)


def refresh_tokens(shop: str, client: Client, refresh_token: str) -> Grant:
    """Exchange a refresh token for the next pair of tokens.

    Raises ShopifyRefused (permanently, if the refresh token is revoked or expired), ShopifyUnavailable.
    """
    return _request_grant(shop, client, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _request_grant(shop: str, client: Client, fields: dict[str, str]) -> Grant:
    body = urlencode({"client_id": client.key, "client_secret": client.secret, **fields}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    content = http_client.post(f"{http_client.admin_url(shop)}/oauth/access_token", body, headers)
    if not content.get("access_token"):
        raise ShopifyRefused(200, "no access token in the answer")
    return Grant(
        access_token=content["access_token"],
        scope=content.get("scope", ""),
        expires_in=content.get("expires_in") or ACCESS_SECONDS,
        refresh_token=content.get("refresh_token"),
        refresh_token_expires_in=content.get("refresh_token_expires_in"),
    )
