"""Shopify: its token endpoint and its Admin GraphQL API.

In `local` and `test` a stand-in may take Shopify's place; it has the shop as the first segment of the path.
The client secret goes to the shop's host, so callers pass only domains that they have checked.
Sources: shopify.dev, "Authorization code grant", "Token exchange", "Offline access tokens", "GraphQL Admin API".
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chalicelib.kit import config
from chalicelib.kit.errors import Unavailable

API_VERSION = "2026-10"
ACCESS_SECONDS = 3600
"""How long an expiring offline token lives; taken for granted where an answer does not say."""

PATIENCE = 5.0
"""Seconds that a call waits for points before it is left to a later try."""

_CONNECT, _READ = 3, 10
_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name, no secret
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
_APP_ERRORS = {"application_cannot_be_found", "invalid_client", "unauthorized_client"}
_OFFLINE_TOKEN = "urn:shopify:params:oauth:token-type:offline-access-token"  # noqa: S105


class ShopifyUnavailable(Unavailable):
    title = "Shopify does not answer, or asks us to slow down"


class ShopifyThrottled(ShopifyUnavailable):
    """`retry_after` is how many seconds the points that the call costs need to come back."""


class ShopifyRefused(Exception):
    """Shopify said no: an HTTP status and its error's name. Trying the same again is of no use."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"Shopify answered {status}: {error}")
        self.status = status
        self.error = error

    @property
    def is_about_the_app(self) -> bool:
        """Whether our own credentials were refused, which says nothing of the shop's tokens."""
        return self.error in _APP_ERRORS


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens as Shopify grants them; lifetimes in seconds from now. Without a refresh token it lives only once."""

    access_token: str = field(repr=False)
    scope: str
    expires_in: int
    refresh_token: str | None = field(repr=False)
    refresh_token_expires_in: int | None


@dataclass(frozen=True, slots=True)
class Client:
    """An app as Shopify's token endpoint knows it."""

    key: str
    secret: str = field(repr=False)


def authorize_url(shop: str, client: Client, scopes: str, redirect_uri: str, state: str) -> str:
    """Where a merchant's browser asks for an offline token of `shop`; `scopes` separated by commas."""
    query = {"client_id": client.key, "scope": scopes, "redirect_uri": redirect_uri, "state": state}
    return f"{_admin(shop)}/oauth/authorize?{urlencode(query)}"


def redeem_code(shop: str, client: Client, code: str) -> Grant:
    """Exchange an authorization code for an expiring offline token. Raises ShopifyRefused, ShopifyUnavailable."""
    return _grant(shop, client, {"code": code, "expiring": "1"})


def exchange_session_token(shop: str, client: Client, session_token: str) -> Grant:
    """Exchange a merchant's session token for an expiring offline token. Raises as `redeem_code` does."""
    fields = {
        "grant_type": _TOKEN_EXCHANGE,
        "subject_token": session_token,
        "subject_token_type": _ID_TOKEN,
        "requested_token_type": _OFFLINE_TOKEN,
        "expiring": "1",
    }
    return _grant(shop, client, fields)


def refresh(shop: str, client: Client, refresh_token: str) -> Grant:
    """The next pair of tokens. Raises as `redeem_code` does; a dead refresh token is refused for good."""
    return _grant(shop, client, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def graphql(shop: str, access_token: str, query: str, /, **variables: Any) -> dict[str, Any]:
    """The `data` of an Admin GraphQL call.

    A field that the scopes do not cover, of an object that they do, is null. A throttled call waits for its points if that takes seconds, then is thrown back. Raises ShopifyRefused for a dead
    token (401) or a query that Shopify does not take, ShopifyThrottled, ShopifyUnavailable.
    Source: shopify.dev/docs/api/usage/limits (calculated query cost, leaky bucket).
    """
    url = f"{_admin(shop)}/api/{API_VERSION}/graphql.json"
    headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": access_token}
    body = json.dumps({"query": query, "variables": variables}).encode()
    waited = 0.0
    while True:
        answer = _post(url, body, headers)
        errors = answer.get("errors") or []
        if not any((error.get("extensions") or {}).get("code") == "THROTTLED" for error in errors):
            break
        wait = _until_affordable(answer)
        if waited + wait > PATIENCE:
            raise ShopifyThrottled(retry_after=math.ceil(wait))
        time.sleep(wait)
        waited += wait
    refused = [error for error in errors if not _is_hidden_field(error)]
    if refused or not answer.get("data"):
        raise ShopifyRefused(200, str((refused or errors or [{}])[0].get("message", "unknown")))
    return dict(answer["data"])


def _is_hidden_field(error: dict[str, Any]) -> bool:
    """Whether a field of an object that was given is null for want of a scope; the object itself can be used."""
    denied = (error.get("extensions") or {}).get("code") == "ACCESS_DENIED"
    return denied and len(error.get("path") or []) > 1


def _until_affordable(answer: dict[str, Any]) -> float:
    """Seconds until the bucket holds what the throttled call costs."""
    cost = (answer.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = (cost.get("requestedQueryCost") or 0) - (status.get("currentlyAvailable") or 0)
    return max(missing / (status.get("restoreRate") or 50), 0.1)


def _grant(shop: str, client: Client, fields: dict[str, str]) -> Grant:
    body = urlencode({"client_id": client.key, "client_secret": client.secret, **fields}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = _post(f"{_admin(shop)}/oauth/access_token", body, headers)
    if not answer.get("access_token"):
        raise ShopifyRefused(200, "no access token in the answer")
    return Grant(
        access_token=answer["access_token"],
        scope=answer.get("scope", ""),
        expires_in=answer.get("expires_in") or ACCESS_SECONDS,
        refresh_token=answer.get("refresh_token"),
        refresh_token_expires_in=answer.get("refresh_token_expires_in"),
    )


def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    from urllib3.exceptions import HTTPError

    try:
        answer = _pool().request("POST", url, body=body, headers=headers, redirect=False)
        content = json.loads(answer.data) if answer.status < 500 else None
    except (HTTPError, ValueError) as error:
        raise ShopifyUnavailable(retry_after=2) from error
    if answer.status == 429:
        raise ShopifyThrottled(retry_after=_seconds(answer.headers.get("Retry-After")))
    if not isinstance(content, dict):
        raise ShopifyUnavailable(retry_after=2)
    if answer.status != 200:
        raise ShopifyRefused(answer.status, str(content.get("error") or content.get("errors") or "unknown"))
    return content


def _seconds(retry_after: str | None) -> int:
    """Shopify writes it with a fraction, such as `2.0`."""
    try:
        return min(900, max(1, math.ceil(float(retry_after or 2))))
    except (ValueError, OverflowError):
        return 2


def _admin(shop: str) -> str:
    stand_in = config.settings().vendor_base_urls.get("shopify")
    return f"{stand_in}/{shop}/admin" if stand_in else f"https://{shop}/admin"


@cache
def _pool() -> Any:
    from urllib3 import PoolManager, Timeout

    return PoolManager(timeout=Timeout(connect=_CONNECT, read=_READ), retries=False)
