"""Check of the stored access token while a merchant uses the app: an unreported removal has revoked it."""

from __future__ import annotations

from chalicelib.integrations.shopify.errors import ShopifyRefused, ShopUnavailable
from chalicelib.kit import logs, secrets
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.messages import publish
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.shops import apps
from chalicelib.shops.errors import InstallationNotFound, InvalidSessionToken, ShopDomainTaken
from chalicelib.shops.repository import installations
from chalicelib.shops.repository.shop_domains import stored_name
from chalicelib.shops.schemas.messages import RegistrationRequested, TokenCheckRequested
from chalicelib.shops.service.admin import open_admin_api
from chalicelib.shops.service.oauth_install import try_token_exchange
from chalicelib.shops.service.session_evidence import session_token_encryption_context

_PING = "{ shop { id } }"

log = logs.logger("shops")


def check_token(request: TokenCheckRequested) -> None:
    """Try the shop's access token; exchange the session token if Shopify refuses it.

    An exchange registers the webhooks and backfills missed events. If it fails, the refused tokens are deleted already,
    and the merchant's next request exchanges its own session token. If Shopify does not answer, the check is dropped:
    the next one follows within a minute of the merchant's work. An unavailable shop that answers is taken up.
    """
    context = {"shop": request.shop, "app": request.app}
    try:
        admin = open_admin_api(request.shop, request.app, is_probe=True)
        admin.graphql(_PING)
        if admin.was_unavailable:
            publish(RegistrationRequested(shop=request.shop, app=request.app))
    except Unavailable:
        log.info("access token not checked: Shopify does not answer", extra=context)
    except ShopUnavailable as error:
        log.info("access token not checked: the shop is unavailable", extra={**context, "why": str(error)})
    except (InstallationNotFound, ShopifyRefused):
        is_exchanged = _try_exchange(request)
        log.info("access token rejected by Shopify", extra={**context, "is_exchanged": is_exchanged})


def is_token_accepted(shop: str, app: str) -> bool:
    """Return whether Shopify accepts the stored token; False if there is none. Deletes revoked tokens.

    An unavailable shop accepts no token. Raises Unavailable if Shopify does not answer.
    """
    try:
        open_admin_api(shop, app, is_probe=True).graphql(_PING)
    except (InstallationNotFound, ShopifyRefused):
        return False
    return True


def _try_exchange(request: TokenCheckRequested) -> bool:
    if not request.session_token:
        return False
    context = session_token_encryption_context(request.shop, request.app)
    try:
        token = secrets.decrypt(request.session_token, context)
        row = installations.find(request.shop, request.app)
        domain = stored_name(row).present_domain if row else request.shop
        return try_token_exchange(apps.get_app(request.app), domain, token)
    except (DecryptionFailed, InvalidSessionToken, ShopDomainTaken, WriteConflict):
        return False
