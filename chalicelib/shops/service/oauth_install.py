"""Installation of an app in a shop: by OAuth in the browser, or by token exchange of the first session token."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.integrations.shopify import oauth
from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.integrations.shopify.signature import verify_oauth_signature
from chalicelib.kit import clock, config, locks, logs, signing
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.messages import publish
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops import apps, domain
from chalicelib.shops.apps import App
from chalicelib.shops.errors import (
    InstallationRefused,
    InvalidOAuthCallback,
    InvalidSessionToken,
    InvalidShopDomain,
    InvalidState,
)
from chalicelib.shops.evidence import InstallDecision, decide_install
from chalicelib.shops.models import EventType, Shop
from chalicelib.shops.repository import installations, sessions, tokens
from chalicelib.shops.repository.installations import Installation
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service.app_links import app_page_url
from chalicelib.shops.service.session_evidence import SessionToken, record_session

STATE_LIFETIME = timedelta(minutes=10)
"""How long a merchant may take to grant the scopes."""
REGISTRATION_TIMEOUT = timedelta(minutes=5)
"""An older installation without registered webhooks has lost its message; it is published a second time."""
_COOKIE = "shops-install"  # the purpose its key is derived for

_LOCK_POLLS, _POLL_SECONDS = 20, 0.25

log = logs.logger("shops")


class AppRemoved(Exception):
    """The app was removed from the shop after the grant was requested. Internal; never reaches the API."""


@dataclass(frozen=True, slots=True)
class OAuthRedirect:
    """The URL to send the browser to, and the cookie that binds the installation to this browser."""

    url: str
    cookie: str


def start_oauth(handle: str, shop_text: str) -> OAuthRedirect:
    """Store a pending installation and return Shopify's authorization URL. Raises AppNotFound, InvalidShopDomain."""
    app, shop = apps.get_app(handle), require_shop_domain(shop_text)
    state = secrets.token_urlsafe(32)
    state_hash = signing.digest(state.encode())
    sessions.add_pending(app.handle, shop, state_hash, STATE_LIFETIME)
    redirect_uri = f"{config.settings().public_url}/shopify/{app.handle}/auth/callback"
    url = oauth.authorize_url(shop, app.client, app.scopes, redirect_uri, state)
    return OAuthRedirect(url, signing.sign(_COOKIE, f"{app.handle}/{state_hash}".encode()))


def complete_oauth(handle: str, query: Mapping[str, Sequence[str]], cookie: str) -> str:
    """Install the app after Shopify's callback and return the app's URL in the admin.

    `query` is the callback's, `cookie` the one of `start_oauth`. Raises InvalidOAuthCallback if the signature is wrong
    or older than 90 seconds, InvalidState if this browser started no such installation, InstallationRefused.
    """
    app = apps.get_app(handle)
    now = clock.now().timestamp()
    if not any(verify_oauth_signature(query, secret, now) for secret in app.secrets):
        raise InvalidOAuthCallback
    code, state, shop_text = (next(iter(query.get(name, [])), "") for name in ("code", "state", "shop"))
    shop, state_hash = require_shop_domain(shop_text), signing.digest(state.encode())
    cookie_content = signing.verify(_COOKIE, cookie) or b""
    if not hmac.compare_digest(cookie_content, f"{app.handle}/{state_hash}".encode()):
        raise InvalidState
    sessions.consume_pending(app.handle, shop, state_hash)
    requested_at = clock.now()
    try:
        grant = oauth.redeem_code(shop, app.client, code)
        _install(Installation(shop, app.handle, grant, state_hash, requested_at))
    except (ShopifyRefused, AppRemoved) as error:
        raise InstallationRefused from error
    return app_page_url(shop, app.handle)


def ensure_installed(app: App, shop: str, session: SessionToken) -> Shop:
    """Return the shop's row and record the session token as evidence of the installation. Reads one row.

    If the app is not active or has no usable tokens, it is installed by token exchange first. Raises
    InvalidSessionToken if Shopify refuses the session token, Unavailable if another request takes too long to install.
    """
    for _ in range(_LOCK_POLLS):
        row = installations.find(shop, app.handle)
        if row is not None and _is_ready(row):
            _republish_lost_registration(row)
            record_session(row, session)
            return row
        if try_token_exchange(app, shop, session.text):
            return installations.get_active(shop, app.handle)
        time.sleep(_POLL_SECONDS)
    raise Unavailable("The app is being installed in this shop.")


def try_token_exchange(app: App, shop: str, session_token: str) -> bool:
    """Exchange the session token unless the shop's tokens are usable. Returns False if another process holds the lock.

    Exchanges are serialized, because each revokes the tokens of the one before. Raises InvalidSessionToken if Shopify
    refuses the session token.
    """
    lease = locks.acquire(token_lock_name(shop, app.handle), seconds=30)
    if lease is None:
        return False
    try:
        _exchange_session_token(app, shop, session_token)
    finally:
        locks.release(lease)
    return True


def require_shop_domain(text: str) -> str:
    """Return the domain of the shop that `text` names. Raises InvalidShopDomain."""
    shop = domain.normalize_shop_domain(text, development=not config.settings().is_live)
    if shop is None:
        raise InvalidShopDomain
    return shop


def token_lock_name(shop: str, app: str) -> str:
    """Return the name of the lock that exchanging or refreshing the app's tokens requires."""
    return f"shops/tokens/{shop}/{app}"


def _exchange_session_token(app: App, shop: str, session_token: str) -> None:
    row, requested_at = installations.find(shop, app.handle), clock.now()
    if row is not None and _is_ready(row):
        return  # the previous holder of the lock exchanged a token
    try:
        grant = oauth.exchange_session_token(shop, app.client, session_token)
        _save_exchange(Installation(shop, app.handle, grant, "", requested_at))
    except (ShopifyRefused, AppRemoved) as error:
        headers = {"X-Shopify-Retry-Invalid-Session-Request": "1"}  # App Bridge then fetches a new session token
        raise InvalidSessionToken(headers=headers) from error


def _save_exchange(installation: Installation) -> None:
    """Write the tokens of an exchange; install the app if it is not active or an older removal ends it concurrently."""
    shop, app, grant = installation.shop, installation.app, installation.grant
    row = installations.find(shop, app)
    if row is None or not row.is_active:
        return _install(installation)
    try:
        tokens.replace_tokens(row, grant, installation.requested_at)
    except WriteConflict:
        row = installations.find(shop, app)
        if row is not None and row.is_active:
            raise
        return _install(installation)
    # The app may have been removed and reinstalled without a webhook.
    return publish(RegistrationRequested(shop=shop, app=app))


def _is_ready(row: Shop) -> bool:
    return row.is_active and tokens.has_usable_tokens(row)


def _install(installation: Installation) -> None:
    """Write the installation and publish its registration. Raises AppRemoved."""
    event = run_unit_of_work(lambda unit: _stage_installation(unit, installation))
    log.info("app installed", extra={"shop": installation.shop, "app": installation.app, "event": event})


def _stage_installation(unit: UnitOfWork, installation: Installation) -> EventType:
    shop, app, requested_at = installation.shop, installation.app, installation.requested_at
    row = installations.find(shop, app)
    event = EventType.REINSTALL if row else EventType.INSTALL
    if row is None or _decide(row, requested_at) is InstallDecision.WRITE:
        installations.stage_installation(unit.transaction, installation, row)
    unit.publish(RegistrationRequested(shop=shop, app=app, event=event.value, installed_at=requested_at))
    return event


def _decide(row: Shop, requested_at: datetime) -> InstallDecision:
    """Return WRITE or SUPERSEDED. Raises AppRemoved."""
    decision = decide_install(row.installed_at, row.last_triggered_at, row.is_active, requested_at)
    if decision is InstallDecision.REMOVED:
        raise AppRemoved
    return decision


def _republish_lost_registration(row: Shop) -> None:
    """Publish the registration of an installation whose process crashed between commit and publish."""
    is_overdue = row.registered_at is None and clock.now() - row.updated_at > REGISTRATION_TIMEOUT
    if is_overdue and installations.claim_registration_retry(row):
        publish(RegistrationRequested(shop=row.shop, app=row.app))
