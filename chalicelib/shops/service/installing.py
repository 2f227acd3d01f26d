"""Installing an app in a shop: by OAuth in the browser, or by exchanging the first session token."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.integrations import shopify
from chalicelib.integrations.shopify import Grant, ShopifyRefused
from chalicelib.kit import clock, config, locks, logs, signing
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.messages import publish
from chalicelib.shops import apps, domain, oauth
from chalicelib.shops.apps import App
from chalicelib.shops.errors import (
    InstallationRefused,
    InvalidOAuthCallback,
    InvalidSessionToken,
    InvalidShopDomain,
    UnknownState,
)
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import installations, sessions, tokens
from chalicelib.shops.repository.conditions import Overtaken, Removed
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service.session_evidence import SessionToken, note_session

PENDING = timedelta(minutes=10)
"""How long a merchant may take to consent."""
REGISTERED_WITHIN = timedelta(minutes=5)
"""An installation that is older and still not registered lost its message."""
_COOKIE = "shops-install"  # the purpose its key is derived for

_WAITS, _PAUSE = 20, 0.25

log = logs.logger("shops")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the cookie that ties the installation to it."""

    url: str
    cookie: str


def begin(handle: str, shop_text: str) -> Begun:
    """Note an installation and send the browser to Shopify. Raises UnknownApp, InvalidShopDomain."""
    app, shop = apps.get(handle), shop_domain(shop_text)
    state = secrets.token_urlsafe(32)
    state_hash = signing.digest(state.encode())
    sessions.add_pending(app.handle, shop, state_hash, PENDING)
    redirect_uri = f"{config.settings().public_url}/shopify/{app.handle}/auth/callback"
    url = shopify.authorize_url(shop, app.client, app.scopes, redirect_uri, state)
    return Begun(url, signing.sign(_COOKIE, f"{app.handle}/{state_hash}".encode()))


def complete(handle: str, query: Mapping[str, Sequence[str]], cookie: str) -> str:
    """Take Shopify's answer, install the app and tell where in the admin the browser should go.

    `query` is Shopify's, `cookie` the one that `begin` gave. Raises InvalidOAuthCallback for a query that Shopify did
    not sign just now, UnknownState where this browser began no such installation, InstallationRefused.
    """
    app = apps.get(handle)
    now = clock.now().timestamp()
    if not any(oauth.is_genuine(query, secret, now) for secret in app.secrets):
        raise InvalidOAuthCallback
    code, state, shop_text = (next(iter(query.get(name, [])), "") for name in ("code", "state", "shop"))
    shop, state_hash = shop_domain(shop_text), signing.digest(state.encode())
    begun_here = signing.verify(_COOKIE, cookie) or b""
    if not hmac.compare_digest(begun_here, f"{app.handle}/{state_hash}".encode()):
        raise UnknownState
    sessions.take_pending(app.handle, shop, state_hash)
    asked_at = clock.now()
    try:
        grant = shopify.redeem_code(shop, app.client, code)
        _install(app, shop, grant, state_hash, asked_at)
    except (ShopifyRefused, Removed) as refused:
        raise InstallationRefused from refused
    return f"https://admin.shopify.com/store/{domain.store_name(shop)}/apps/{app.key}"


def ensure_installed(app: App, shop: str, session: SessionToken) -> Shop:
    """Return the shop's row, at the price of one read; the session token is evidence that the app is there.

    If the shop is new, was away or lost its tokens, the app is installed by token exchange first.

    Raises InvalidSessionToken if Shopify does not take the token.
    """
    for _ in range(_WAITS):
        row = installations.find(shop, app.handle)
        if row is not None and _is_ready(row):
            _catch_up(row)
            note_session(row, session)
            return row
        if try_exchange(app, shop, session.text):
            return installations.get_active(shop, app.handle)
        time.sleep(_PAUSE)
    raise Unavailable("The app is being installed in this shop.")


def try_exchange(app: App, shop: str, session_token: str) -> bool:
    """Exchange the session token unless the shop's tokens are usable; False while another worker does so.

    One at a time: each exchange revokes the tokens of the one before. Raises InvalidSessionToken if Shopify does not
    take the token.
    """
    lease = locks.acquire(tokens_lock(shop, app.handle), seconds=30)
    if lease is None:
        return False
    try:
        _exchange(app, shop, session_token)
    finally:
        locks.release(lease)
    return True


def shop_domain(text: str) -> str:
    """The domain of the shop that `text` names. Raises InvalidShopDomain."""
    shop = domain.normalize(text, development=not config.settings().is_live)
    if shop is None:
        raise InvalidShopDomain
    return shop


def tokens_lock(shop: str, app: str) -> str:
    """The lock of whoever exchanges or refreshes the app's tokens of the shop."""
    return f"shops/tokens/{shop}/{app}"


def _exchange(app: App, shop: str, session_token: str) -> None:
    row, asked_at = installations.find(shop, app.handle), clock.now()
    if row is not None and _is_ready(row):
        return  # by whoever held the lock before
    try:
        grant = shopify.exchange_session_token(shop, app.client, session_token)
        _save_exchange(app, shop, grant, asked_at)
    except (ShopifyRefused, Removed) as refused:
        headers = {"X-Shopify-Retry-Invalid-Session-Request": "1"}  # App Bridge then fetches a new one
        raise InvalidSessionToken(headers=headers) from refused


def _save_exchange(app: App, shop: str, grant: Grant, asked_at: datetime) -> None:
    """Write a grant; if a removal from before it is applied at the same time, the app is installed again."""
    row = installations.find(shop, app.handle)
    if row is None or not row.is_active:
        return _install(app, shop, grant, "", asked_at)
    try:
        tokens.replace(row, grant, asked_at)
    except Overtaken:
        row = installations.find(shop, app.handle)
        if row is not None and row.is_active:
            raise
        return _install(app, shop, grant, "", asked_at)
    # The app may have been removed and installed again without a webhook.
    return publish(RegistrationRequested(shop=shop, app=app.handle))


def _is_ready(row: Shop) -> bool:
    return row.is_active and tokens.are_usable(row)


def _install(app: App, shop: str, grant: Grant, state: str, asked_at: datetime) -> None:
    event = installations.install(shop, app.handle, grant, state, asked_at)
    log.info("installed", extra={"shop": shop, "app": app.handle, "event": event})
    publish(RegistrationRequested(shop=shop, app=app.handle, event=event.value, installed_at=asked_at))


def _catch_up(row: Shop) -> None:
    """Ask for the registration anew where a crash came between the installation and its message."""
    overdue = row.registered_at is None and clock.now() - row.updated_at > REGISTERED_WITHIN
    if overdue and installations.touch(row):
        publish(RegistrationRequested(shop=row.shop, app=row.app))
