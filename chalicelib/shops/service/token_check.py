"""Check of the stored access token while a merchant uses the app: an unreported removal has revoked it."""

from __future__ import annotations

from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.kit import logs, secrets
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.shops import apps
from chalicelib.shops.errors import InstallationNotFound, InvalidSessionToken
from chalicelib.shops.schemas.messages import TokenCheckRequested
from chalicelib.shops.service.admin import open_admin_api
from chalicelib.shops.service.oauth_install import try_token_exchange
from chalicelib.shops.service.session_evidence import session_token_encryption_context

log = logs.logger("shops")


def check_token(request: TokenCheckRequested) -> None:
    """Try the shop's access token; exchange the session token if Shopify refuses it.

    An exchange registers the webhooks and backfills missed events. If it fails, the refused tokens are deleted already,
    and the merchant's next request exchanges its own session token. If Shopify does not answer, the check is dropped:
    the next one follows within a minute of the merchant's work.
    """
    context = {"shop": request.shop, "app": request.app}
    try:
        if is_token_accepted(request.shop, request.app):
            return
        is_exchanged = _try_exchange(request)
        log.info("access token refused by Shopify", extra={**context, "is_exchanged": is_exchanged})
    except Unavailable:
        log.info("access token not checked: Shopify does not answer", extra=context)


def is_token_accepted(shop: str, app: str) -> bool:
    """Return whether Shopify accepts the stored token; False if there is none. Deletes revoked tokens.

    Raises Unavailable if Shopify does not answer.
    """
    try:
        open_admin_api(shop, app).graphql("{ shop { id } }")
    except (InstallationNotFound, ShopifyRefused):
        return False
    return True


def _try_exchange(request: TokenCheckRequested) -> bool:
    if not request.session_token:
        return False
    context = session_token_encryption_context(request.shop, request.app)
    try:
        token = secrets.decrypt(request.session_token, context)
        return try_token_exchange(apps.get_app(request.app), request.shop, token)
    except (DecryptionFailed, InvalidSessionToken, WriteConflict):
        return False
