"""The stored access token is tried while a merchant works: a removal that no webhook reported has ended it."""

from __future__ import annotations

from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.kit import logs, secrets
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.secrets import Unreadable
from chalicelib.shops import apps
from chalicelib.shops.errors import InvalidSessionToken, ShopNotInstalled
from chalicelib.shops.repository.conditions import Overtaken
from chalicelib.shops.schemas.messages import TokenCheckRequested
from chalicelib.shops.service.admin import admin
from chalicelib.shops.service.installing import try_exchange
from chalicelib.shops.service.session_evidence import place

log = logs.logger("shops")


def check_token(request: TokenCheckRequested) -> None:
    """Try the shop's access token; exchange the session token if Shopify refuses it.

    An exchange has webhooks made and missed events imported. If it fails, the refused tokens are deleted already, and
    the merchant's next request exchanges its own session token. A check that Shopify does not answer is dropped: the
    next one follows within a minute of the merchant's work.
    """
    facts = {"shop": request.shop, "app": request.app}
    try:
        if is_let_in(request.shop, request.app):
            return
        is_exchanged = _exchange(request)
        log.info("access token refused by Shopify", extra={**facts, "is_exchanged": is_exchanged})
    except Unavailable:
        log.info("access token not checked: Shopify does not answer", extra=facts)


def is_let_in(shop: str, app: str) -> bool:
    """Ask Shopify with the stored token; False if it refuses or there is none. Refused tokens are deleted.

    Raises Unavailable if Shopify does not answer.
    """
    try:
        admin(shop, app).graphql("{ shop { id } }")
    except (ShopNotInstalled, ShopifyRefused):
        return False
    return True


def _exchange(request: TokenCheckRequested) -> bool:
    if not request.session_token:
        return False
    try:
        token = secrets.unseal(request.session_token, place(request.shop, request.app))
        return try_exchange(apps.get(request.app), request.shop, token)
    except (Unreadable, InvalidSessionToken, Overtaken):
        return False
