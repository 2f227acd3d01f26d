"""Access tokens of a shop. One process at a time refreshes a token that is about to expire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

from chalicelib.integrations.shopify import oauth
from chalicelib.integrations.shopify.errors import ShopifyRefused, ShopUnavailable
from chalicelib.kit import clock, locks, logs
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.shops import apps
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.metrics import TOKENS_LOST, TOKENS_UNREADABLE
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import availability, installations, tokens
from chalicelib.shops.repository.shop_domains import stored_name
from chalicelib.shops.service.oauth_install import token_lock_name

REFRESH_MARGIN = timedelta(minutes=5)
"""A token that expires sooner is refreshed before it is used."""

log = logs.logger("shops")


def get_access_token(shop: str, app: str, rejected_token: str | None = None, *, is_probe: bool = False) -> str:
    """Return an access token valid for the next minutes; refresh it if it is about to expire or was rejected.

    Raises InstallationNotFound if the app is not installed, and the errors of `use_access_token`.
    """
    return use_access_token(installations.get_active(shop, app), rejected_token, is_probe=is_probe)


def use_access_token(row: Shop, rejected_token: str | None = None, *, is_probe: bool = False) -> str:
    """Return an access token of an active installation, valid for the next minutes; refresh it if necessary.

    A shop that is marked as unavailable is called only with `is_probe`, which tests whether it is available again. Raises
    InstallationNotFound if Shopify revoked the tokens (the merchant's next request then gets new ones); ShopUnavailable
    if the shop is unavailable; Unavailable if another process is refreshing an expired token, or Shopify refuses
    our app.
    """
    if not is_probe:
        _require_available(row)
    shop, app, token = row.shop, row.app, _require_access_token(row)
    if not _is_expiring(row) and token != rejected_token:
        return token
    lease = locks.acquire(token_lock_name(shop, app), seconds=30)
    if lease is not None:
        try:
            return _refresh_token(installations.get_active(shop, app), rejected_token)
        finally:
            locks.release(lease)
    if token != rejected_token and row.token_expires_at and row.token_expires_at > clock.now():
        return token
    raise Unavailable("The shop's token is being refreshed.")


def _require_available(row: Shop) -> None:
    """Check that the shop is not marked as unavailable. Raises ShopUnavailable if it is."""
    if row.unavailable_since is not None:
        raise ShopUnavailable(row.unavailable_status or 0, f"not called since {clock.iso(row.unavailable_since)}")


def _is_expiring(row: Shop) -> bool:
    return row.token_expires_at is not None and row.token_expires_at - clock.now() < REFRESH_MARGIN


def _refresh_token(row: Shop, rejected_token: str | None) -> str:
    token = _require_access_token(row)
    if not _is_expiring(row) and token != rejected_token:
        return token  # the previous holder of the lock refreshed it
    refresh_token = _decrypt_token(row, tokens.decrypt_refresh_token)
    if refresh_token is None:
        _delete_revoked_tokens(row, "no refresh token")
    requested_at = clock.now()
    try:
        grant = oauth.refresh_tokens(stored_name(row).present_domain, apps.get_app(row.app).client, refresh_token)
    except ShopUnavailable as error:
        availability.mark_unavailable(row.shop, row.app, error.status, requested_at)
        raise
    except ShopifyRefused as error:
        if error.is_about_the_app:
            log.error("token not refreshed: Shopify refuses our app", extra={"app": row.app, "error": error.error})
            raise Unavailable("Shopify does not know our app.") from error
        if error.status not in (400, 401):
            raise Unavailable(f"Shopify answered {error.status} to a refresh.") from error
        _delete_revoked_tokens(row, f"Shopify answered {error.status} {error.error}")
    tokens.replace_tokens(row, grant, requested_at)
    return grant.access_token


def _delete_revoked_tokens(row: Shop, reason: str) -> NoReturn:
    log.warning("tokens deleted: Shopify revoked them", extra={"shop": row.shop, "app": row.app, "why": reason})
    TOKENS_LOST.count(app=row.app)
    tokens.delete_tokens(row)
    raise InstallationNotFound


def _require_access_token(row: Shop) -> str:
    token = _decrypt_token(row, tokens.decrypt_access_token)
    if token is None:
        raise InstallationNotFound
    return token


def _decrypt_token(row: Shop, decrypt: Callable[[Shop], str | None]) -> str | None:
    """Return one of the shop's tokens in plain text. Raises InstallationNotFound if it cannot be decrypted."""
    try:
        return decrypt(row)
    except DecryptionFailed:
        # Kept, in case its key is restored; the merchant's next request gets new tokens.
        log.exception("token not decrypted", extra={"shop": row.shop, "app": row.app})
        TOKENS_UNREADABLE.count(app=row.app)
        tokens.expire_access_token(row)
        raise InstallationNotFound from None
