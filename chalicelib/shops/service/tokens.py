"""The access token of a shop, refreshed in time by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.integrations import shopify
from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.kit import clock, locks, logs, metrics
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.shops import apps
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import installations, tokens
from chalicelib.shops.service.oauth_install import tokens_lock

EARLY = timedelta(minutes=5)
"""A token with less time left is refreshed before it is used."""

log = logs.logger("shops")


def access_token(shop: str, app: str, refused: str | None = None) -> str:
    """A token that is good for the next minutes; `refused` is one that Shopify did not take any more.

    Raises ShopNotInstalled where the app is not, or Shopify no longer honours its tokens (the merchant's next call
    then gets new ones); Unavailable while another worker refreshes a token that is over, or where Shopify does not
    know our app.
    """
    row = installations.get_active(shop, app)
    token = _in_clear(row)
    if not _is_due(row) and token != refused:
        return token
    lease = locks.acquire(tokens_lock(shop, app), seconds=30)
    if lease is not None:
        try:
            return _refreshed(installations.get_active(shop, app), refused)
        finally:
            locks.release(lease)
    if token != refused and row.token_expires_at and row.token_expires_at > clock.now():
        return token
    raise Unavailable("The shop's token is being refreshed.")


def _is_due(row: Shop) -> bool:
    return row.token_expires_at is not None and row.token_expires_at - clock.now() < EARLY


def _refreshed(row: Shop, refused: str | None) -> str:
    token = _in_clear(row)
    if not _is_due(row) and token != refused:
        return token  # by whoever held the lock before
    used = _opened(row, tokens.refresh_token)
    if used is None:
        return _lost(row, "it has no refresh token")
    asked_at = clock.now()
    try:
        grant = shopify.refresh(row.shop, apps.get(row.app).client, used)
    except ShopifyRefused as error:
        if error.is_about_the_app:
            log.error("Shopify does not know our app", extra={"app": row.app, "error": error.error})
            raise Unavailable("Shopify does not know our app.") from error
        if error.status not in (400, 401):
            raise Unavailable(f"Shopify answered {error.status} to a refresh.") from error
        return _lost(row, f"Shopify answered {error.status} {error.error}")
    tokens.replace(row, grant, asked_at)
    return grant.access_token


def _lost(row: Shop, why: str) -> str:
    log.warning("the tokens are dead", extra={"shop": row.shop, "app": row.app, "why": why})
    metrics.count("TokensLost", app=row.app)
    tokens.drop(row)
    raise ShopNotInstalled


def _in_clear(row: Shop) -> str:
    token = _opened(row, tokens.access_token)
    if token is None:
        raise ShopNotInstalled
    return token


def _opened(row: Shop, read: Callable[[Shop], str | None]) -> str | None:
    """One of the shop's tokens. Raises ShopNotInstalled where its key cannot open it."""
    try:
        return read(row)
    except DecryptionFailed:
        # Kept, should its key come back; the merchant's next call gets new ones.
        log.exception("a token cannot be opened", extra={"shop": row.shop, "app": row.app})
        metrics.count("TokensUnreadable", app=row.app)
        tokens.disuse(row)
        raise ShopNotInstalled from None
