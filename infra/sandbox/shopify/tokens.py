"""Offline access tokens, their refresh tokens, and online access tokens.

A refresh rotates both tokens; the previous access token stays valid until its hour ends. A used refresh token can be
retried until its replacement is used, at most 30 days after its first use and within its own 90 days. Shopify documents
the response to a retry only for migrations: the same pair, with the access token extended by an hour if it has expired.
The sandbox responds the same way to a retried refresh.

A non-expiring token can be migrated to a pair of expiring tokens. The migration can be retried for 7 days, in case its
response was lost. An online token belongs to one user. Sources:
https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens,
https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/online-access-tokens,
https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens,
https://shopify.dev/changelog/more-resilient-token-exchanges-when-migrating-tokens-without-a-user-session.
"""

import secrets
from collections.abc import Sequence

from infra.sandbox.server import Json

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 90 * 24 * 3600
RETRY_SECONDS = 30 * 24 * 3600
MIGRATION_SECONDS = 7 * 24 * 3600
ONLINE_SECONDS = 24 * 3600 - 1


def issue(data: Json, app: str, shop: str, scope: str, *, expiring: bool, now: float) -> Json:
    """Issue an offline token and return the token response.

    An expiring token revokes the earlier expiring tokens of the app in the shop.
    """
    if not expiring:
        access = _new(data, app, shop, scope, None, now)
        return {"access_token": access, "scope": scope}
    revoke(data, app, shop, only_expiring=True)
    return _pair(data, app, shop, scope, now)


def issue_online(data: Json, app: str, shop: str, scope: str, claims: Json, now: float) -> Json:
    """Issue an online token for the user in a session token's claims; offline tokens stay valid."""
    access = _new(data, app, shop, scope, now + ONLINE_SECONDS, now)
    data["access_tokens"][access]["online"] = True
    return {
        "access_token": access,
        "scope": scope,
        "expires_in": ONLINE_SECONDS,
        "associated_user_scope": scope,
        "session": claims.get("sid", ""),
        "associated_user": {
            "id": int(claims["sub"]),
            "first_name": "Sandbox",
            "last_name": "Owner",
            "email": f"owner@{shop.split('.')[0]}.example",
            "email_verified": True,
            "account_owner": True,
            "locale": "en",
            "collaborator": False,
        },
    }


def migrate(data: Json, app: str, shop: str, token: str, now: float) -> Json | None:
    """Exchange a non-expiring token for a pair of expiring tokens and expire the old token.

    Returns None if the token is not one of this app in this shop. Also returns None if it was migrated 7 days ago or
    earlier, or if the pair has been used or revoked.
    """
    old = data["access_tokens"].get(token)
    if old is None or (old["app"], old["shop"]) != (app, shop):
        return None
    if old["expires_at"] is None:
        revoke(data, app, shop, only_expiring=True)
        pair = _pair(data, app, shop, old["scope"], now)
        migrated = {"migrated_at": now, "refresh": pair["refresh_token"], "access": pair["access_token"]}
        old |= {"expires_at": now, **migrated}
        return pair
    given = data["refresh_tokens"].get(old.get("refresh"))
    if given is None or given["first_used_at"] is not None or now >= old["migrated_at"] + MIGRATION_SECONDS:
        return None
    return _same_pair(data, old["access"], old["refresh"], now)


def refresh(data: Json, app: str, shop: str, token: str, now: float) -> Json | None:
    """Rotate the tokens and return the next pair.

    Returns None if the refresh token is unknown, expired, replaced, revoked, or of another app or shop.
    """
    used = data["refresh_tokens"].get(token)
    if used is None or (used["app"], used["shop"]) != (app, shop) or used["retired"] or now >= used["expires_at"]:
        return None
    if used["replacement"] is not None:
        return _retry(data, used, now)
    if used["predecessor"] is not None:
        data["refresh_tokens"][used["predecessor"]]["retired"] = True
    pair = _pair(data, app, shop, used["scope"], now)
    used |= {"first_used_at": now, "replacement": pair["refresh_token"], "replacement_access": pair["access_token"]}
    data["refresh_tokens"][pair["refresh_token"]]["predecessor"] = token
    return pair


def find_app(data: Json, shop: str, access_token: str, now: float) -> tuple[str, list[str]] | None:
    """Return the app of an access token and its scopes, or None if the token is not valid in the shop."""
    token = data["access_tokens"].get(access_token)
    if token is None or token["shop"] != shop or (token["expires_at"] is not None and now >= token["expires_at"]):
        return None
    return token["app"], token["scope"].split(",")


def revoke(data: Json, app: str, shop: str, *, only_expiring: bool = False) -> None:
    """Revoke the tokens of one app in one shop; `only_expiring` keeps online and non-expiring tokens."""
    for kind in ("access_tokens", "refresh_tokens"):
        data[kind] = {
            name: token
            for name, token in data[kind].items()
            if (token["app"], token["shop"]) != (app, shop)
            or (only_expiring and (token["expires_at"] is None or token.get("online")))
        }


def granted_scope(data: Json, app: str, shop: str) -> str | None:
    """Return the scopes that the merchant granted after the installation, or None."""
    scope: str | None = data["scopes"].get(f"{app}/{shop}")
    return scope


def change_scope(data: Json, app: str, shop: str, scopes: Sequence[str]) -> None:
    """Replace the scopes of all existing and future tokens of the app in the shop."""
    data["scopes"][f"{app}/{shop}"] = ",".join(scopes)
    for token in [*data["access_tokens"].values(), *data["refresh_tokens"].values()]:
        if (token["app"], token["shop"]) == (app, shop):
            token["scope"] = ",".join(scopes)


def _retry(data: Json, used: Json, now: float) -> Json | None:
    if now >= used["first_used_at"] + RETRY_SECONDS:
        return None
    return _same_pair(data, used["replacement_access"], used["replacement"], now)


def _same_pair(data: Json, access_token: str, refresh_token: str, now: float) -> Json:
    access, refreshing = data["access_tokens"][access_token], data["refresh_tokens"][refresh_token]
    if now >= access["expires_at"]:
        access["expires_at"] = now + ACCESS_SECONDS
    return {
        "access_token": access_token,
        "scope": access["scope"],
        "expires_in": int(access["expires_at"] - now),
        "refresh_token": refresh_token,
        "refresh_token_expires_in": int(refreshing["expires_at"] - now),
    }


def _pair(data: Json, app: str, shop: str, scope: str, now: float) -> Json:
    refresh_token = f"shprt_{secrets.token_hex(16)}"
    data["refresh_tokens"][refresh_token] = {
        "app": app,
        "shop": shop,
        "scope": scope,
        "expires_at": now + REFRESH_SECONDS,
        "first_used_at": None,
        "replacement": None,
        "predecessor": None,
        "retired": False,
    }
    return {
        "access_token": _new(data, app, shop, scope, now + ACCESS_SECONDS, now),
        "scope": scope,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh_token,
        "refresh_token_expires_in": REFRESH_SECONDS,
    }


def _new(data: Json, app: str, shop: str, scope: str, expires_at: float | None, now: float) -> str:
    access_token = f"shpat_{secrets.token_hex(16)}"
    data["access_tokens"][access_token] = {
        "app": app,
        "shop": shop,
        "scope": scope,
        "created_at": now,
        "expires_at": expires_at,
    }
    return access_token
