"""The OAuth authorization and token endpoints; the merchant always grants the scopes."""

import base64
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from infra.sandbox.server import HangUp, Json, Refusal, Request, Response, Route, html_response, json_response, redirect
from infra.sandbox.shopify import tokens
from infra.sandbox.shopify.apps import SHOP_DOMAIN, App
from infra.sandbox.shopify.faults import ShopifyFaults, unavailable_shop
from infra.sandbox.shopify.renames import current_domain
from infra.sandbox.shopify.signing import InvalidSessionToken, oauth_hmac, verify_session_token
from infra.sandbox.state import State

CODE_SECONDS = 60
SCOPE = re.compile(r"(unauthenticated_)?(read|write)_[a-z_]+")
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE_TOKEN = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE_TOKEN = "urn:shopify:params:oauth:token-type:online-access-token"


class OAuthError(Refusal):
    """An error response of the token endpoint."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description, status, {"error": error, "error_description": description})


class OAuth:
    """Serves `/{shop}/admin/oauth/…`; the shop is the first path segment here, and the host at Shopify."""

    def __init__(
        self, state: State, apps: Mapping[str, App], faults: ShopifyFaults, clock: Callable[[], float]
    ) -> None:
        self._state, self._faults = state, faults
        self._by_key = {app.key: app for app in apps.values()}
        self._clock = clock
        self.routes = [
            Route("GET", "/{shop}/admin/oauth/authorize", self.authorize),
            Route("POST", "/{shop}/admin/oauth/access_token", self.access_token),
        ]

    def authorize(self, request: Request, shop: str) -> Response:
        """Redirect (302) to the app with a signed, single-use code, or respond 400 with an error page."""
        asked = request.parameters()
        app = self._by_key.get(asked.get("client_id", ""))
        if app is None or not SHOP_DOMAIN.fullmatch(shop):
            return _refusal("application_cannot_be_found", "no such shop or client_id")
        target = urlsplit(asked.get("redirect_uri", ""))
        if target.scheme != "https" and target.hostname not in ("127.0.0.1", "localhost"):
            return _refusal("invalid_request", "The redirect_uri is not whitelisted")
        if not asked.get("state"):
            return _refusal("invalid_request", "state is missing")
        scopes = [scope for scope in asked.get("scope", "").split(",") if scope]
        if not scopes or not all(SCOPE.fullmatch(scope) for scope in scopes):
            return _refusal("invalid_scope", f"{asked.get('scope')} is not a list of access scopes")
        code, now = secrets.token_hex(16), self._clock()
        with self._state.change() as data:
            data["codes"][code] = {
                "app": app.handle,
                "shop": shop,
                "scope": ",".join(scopes),
                "expires_at": now + CODE_SECONDS,
            }
        answer = {
            "code": code,
            "host": base64.b64encode(f"admin.shopify.com/store/{shop.split('.')[0]}".encode()).decode().rstrip("="),
            "shop": shop,
            "state": asked["state"],
            "timestamp": str(int(now)),
        }
        answer["hmac"] = oauth_hmac(answer, app.secret)
        separator = "&" if target.query else "?"
        return redirect(302, f"{asked['redirect_uri']}{separator}{urlencode(answer)}")

    def access_token(self, request: Request, shop: str) -> Response:
        """Grant a token for an authorization code, token exchange or refresh token.

        Raises `OAuthError` if the grant is invalid, `HangUp` if the fault `lost_answer` is arranged.
        """
        if failure := self._faults.failure("token"):
            return failure
        try:
            asked = request.fields()
        except ValueError as error:
            raise OAuthError("invalid_request", "The body cannot be read") from error
        app = self._authenticate(asked)
        with self._state.change() as data:
            named, shop = shop, current_domain(data, shop)
            if closed := unavailable_shop(data, shop):
                return closed
            answer = self._grant(data, app, (named, shop), asked)
        if self._faults.strikes("lost_answer"):
            raise HangUp
        if self._faults.strikes("no_expires_in"):
            answer.pop("expires_in", None)
        return json_response(200, answer)

    def _authenticate(self, asked: Json) -> App:
        app = self._by_key.get(str(asked.get("client_id")))
        if app is None:
            raise OAuthError("application_cannot_be_found", "Could not find an app with this client_id")
        if not hmac.compare_digest(app.secret.encode(), str(asked.get("client_secret")).encode()):
            raise OAuthError("invalid_client", "The client_secret is wrong")
        return app

    def _grant(self, data: Json, app: App, domains: tuple[str, str], asked: Json) -> Json:
        """Return the token response. `domains` are the one that was called, and the shop's present one."""
        _, shop = domains
        now, expiring = self._clock(), str(asked.get("expiring", "0")) == "1"
        grant = asked.get("grant_type", "authorization_code" if "code" in asked else None)
        if grant == "authorization_code":
            scope = self._redeem(data, app, shop, str(asked.get("code")), now)
            return tokens.issue(data, app.handle, shop, scope, expiring=expiring, now=now)
        if grant == TOKEN_EXCHANGE:
            return self._exchange(data, app, domains, asked, expiring=expiring, now=now)
        if grant == "refresh_token":
            pair = tokens.refresh(data, app.handle, shop, str(asked.get("refresh_token")), now)
            if pair is None:
                raise OAuthError("invalid_request", "This request requires an active refresh_token", 401)
            return pair
        raise OAuthError("unsupported_grant_type", f"{grant} is not supported")

    def _redeem(self, data: Json, app: App, shop: str, code: str, now: float) -> str:
        found = data["codes"].pop(code, None)
        if found is None or (found["app"], found["shop"]) != (app.handle, shop) or now >= found["expires_at"]:
            raise OAuthError("invalid_request", "The authorization code was not found or was already used")
        return str(found["scope"])

    def _exchange(
        self, data: Json, app: App, domains: tuple[str, str], asked: Json, *, expiring: bool, now: float
    ) -> Json:
        named, shop = domains
        token = str(asked.get("subject_token"))
        wanted = (asked.get("subject_token_type"), asked.get("requested_token_type"))
        if wanted == (OFFLINE_TOKEN, OFFLINE_TOKEN) and expiring:
            migrated = tokens.migrate(data, app.handle, shop, token, now)
            if migrated is None:
                raise OAuthError("invalid_subject_token", "Subject token is invalid")
            return migrated
        if wanted not in ((ID_TOKEN, OFFLINE_TOKEN), (ID_TOKEN, ONLINE_TOKEN)):
            raise OAuthError("invalid_request", "subject_token_type or requested_token_type is not supported")
        try:
            claims = verify_session_token(token, key=app.key, secret=app.secret, shop=named, now=now)
        except InvalidSessionToken as error:
            raise OAuthError("invalid_subject_token", "Subject token is invalid") from error
        if _issued_at(claims) < data["removed_at"].get(f"{app.handle}/{shop}", 0):
            raise OAuthError("invalid_subject_token", "Subject token is invalid")
        scope = tokens.granted_scope(data, app.handle, shop) or ",".join(app.scopes)
        if wanted == (ID_TOKEN, ONLINE_TOKEN):
            return tokens.issue_online(data, app.handle, shop, scope, claims, now)
        return tokens.issue(data, app.handle, shop, scope, expiring=expiring, now=now)


def _issued_at(claims: Json) -> float:
    """Return when the sandbox issued a session token, in Unix seconds.

    `iat` has whole seconds; `jti` begins with the time in microseconds. Without `jti`, returns the end of that second.
    """
    end_of_second = float(claims["iat"]) + 1
    try:
        return min(int(str(claims["jti"]).partition("-")[0], 16) / 1_000_000, end_of_second)
    except (KeyError, ValueError):
        return end_of_second


def _refusal(error: str, description: str) -> Response:
    return html_response(400, f"<h1>Oauth error {escape(error)}: {escape(description)}</h1>")
