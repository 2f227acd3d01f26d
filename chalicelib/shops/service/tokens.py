"""The access token of a shop, refreshed in time by one worker at a time."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.integrations import shopify
from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.kit import clock, locks, logs
from chalicelib.kit.errors import Unavailable
from chalicelib.shops import apps
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import installations
from chalicelib.shops.service.installing import tokens_lock

EARLY = timedelta(minutes=5)
"""A token with less time left is refreshed before it is used."""

log = logs.logger("shops")


def access_token(shop: str, app: str) -> str:
    """A token that is good for the next minutes.

    Raises ShopNotInstalled where the app is not, or Shopify no longer honours its tokens (the merchant's next call
    then installs it again); Unavailable while another worker refreshes a token that is over.
    """
    row = installations.get_active(shop, app)
    if not _is_due(row):
        return _in_clear(row)
    lease = locks.acquire(tokens_lock(shop, app), seconds=30)
    if lease is not None:
        try:
            return _refreshed(installations.get_active(shop, app))
        finally:
            locks.release(lease)
    if row.token_expires_at and row.token_expires_at > clock.now():
        return _in_clear(row)
    raise Unavailable("The shop's token is being refreshed.")


def _is_due(row: Shop) -> bool:
    return row.token_expires_at is not None and row.token_expires_at - clock.now() < EARLY


def _refreshed(row: Shop) -> str:
    used = installations.refresh_token(row)
    if used is None or not _is_due(row):
        return _in_clear(row)
    try:
        grant = shopify.refresh(row.shop, apps.get(row.app).client, used)
    except ShopifyRefused as refused:
        log.warning("the refresh token is dead", extra={"shop": row.shop, "app": row.app, "status": refused.status})
        installations.drop_tokens(row)
        raise ShopNotInstalled from refused
    installations.replace_tokens(row, grant)
    return grant.access_token


def _in_clear(row: Shop) -> str:
    token = installations.access_token(row)
    if token is None:
        raise ShopNotInstalled
    return token
