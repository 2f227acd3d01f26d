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
from chalicelib.integrations.shopify.oauth import Grant
from chalicelib.integrations.shopify.signature import verify_oauth_signature
from chalicelib.kit import clock, config, locks, logs, signing
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.messages import publish
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops import apps, domain
from chalicelib.shops.apps import App
from chalicelib.shops.errors import (
    InstallationNotFound,
    InstallationRefused,
    InvalidOAuthCallback,
    InvalidSessionToken,
    InvalidShopDomain,
    InvalidState,
)
from chalicelib.shops.evidence import InstallDecision, decide_install
from chalicelib.shops.models import EventType, Shop
from chalicelib.shops.repository import installations, sessions, shop_domains, tokens
from chalicelib.shops.repository.installations import Installation
from chalicelib.shops.repository.shop_domains import IdentifiedShop
from chalicelib.shops.schemas.messages import RegistrationRequested
from chalicelib.shops.service import shop_identity
from chalicelib.shops.service.app_links import app_page_url
from chalicelib.shops.service.session_evidence import SessionToken, record_session
from chalicelib.shops.shop_names import ShopIdentity

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


@dataclass(frozen=True, slots=True)
class _Granted:
    """Tokens that Shopify granted when its domain `called` was called, and the shop that they open."""

    called: str
    identity: ShopIdentity
    app: str
    grant: Grant
    requested_at: datetime


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
    called, state_hash = require_shop_domain(shop_text), signing.digest(state.encode())
    cookie_content = signing.verify(_COOKIE, cookie) or b""
    if not hmac.compare_digest(cookie_content, f"{app.handle}/{state_hash}".encode()):
        raise InvalidState
    started = sessions.consume_pending(app.handle, called, state_hash)
    if started != called and shop_identity.find_name(started, app.handle) is None:
        raise InvalidState
    requested_at = clock.now()
    try:
        grant = oauth.redeem_code(called, app.client, code)
        identity = shop_identity.fetch_identity(called, grant.access_token, requested_at)
        _install(_Granted(called, identity, app.handle, grant, requested_at), state_hash, started)
    except (ShopifyRefused, AppRemoved) as error:
        raise InstallationRefused from error
    return app_page_url(identity.domain, app.handle)


def ensure_installed(app: App, domain: str, session: SessionToken) -> Shop:
    """Return the shop's row and record the session token as evidence of the installation. Reads one row.

    `domain` is the token's. If the app is not active, has no usable tokens, or was not known to have this domain, it is
    installed by token exchange first. Raises InvalidSessionToken if Shopify refuses the session token, ShopDomainTaken,
    Unavailable if another request takes too long to install.
    """
    for _ in range(_LOCK_POLLS):
        row = shop_domains.find_by_domain(domain, app.handle)
        if row is not None and _is_ready(row, domain):
            _republish_lost_registration(row)
            record_session(row, session)
            return row
        if try_token_exchange(app, domain, session.text):
            row = shop_domains.find_by_domain(domain, app.handle)
            if row is None or not row.is_active:
                raise InstallationNotFound
            return row
        time.sleep(_POLL_SECONDS)
    raise Unavailable("The app is being installed in this shop.")


def try_token_exchange(app: App, domain: str, session_token: str) -> bool:
    """Exchange the session token unless the shop's tokens are usable. Returns False if another process holds the lock.

    `domain` is the token's. Exchanges are serialized, because each revokes the tokens of the one before. Raises
    InvalidSessionToken if Shopify refuses the session token, ShopDomainTaken.
    """
    lease = locks.acquire(token_lock_name(domain, app.handle), seconds=30)
    if lease is None:
        return False
    try:
        _exchange_session_token(app, domain, session_token)
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


def _exchange_session_token(app: App, domain: str, session_token: str) -> None:
    row, requested_at = shop_domains.find_by_domain(domain, app.handle), clock.now()
    if row is not None and _is_ready(row, domain):
        return  # the previous holder of the lock exchanged a token
    try:
        grant = oauth.exchange_session_token(domain, app.client, session_token)
        identity = shop_identity.fetch_identity(domain, grant.access_token, requested_at)
        _save_exchange(_Granted(domain, identity, app.handle, grant, requested_at))
    except (ShopifyRefused, AppRemoved) as error:
        headers = {"X-Shopify-Retry-Invalid-Session-Request": "1"}  # App Bridge then fetches a new session token
        raise InvalidSessionToken(headers=headers) from error


def _save_exchange(granted: _Granted) -> None:
    """Write the tokens of an exchange; install the app if it is not active or an older removal ends it concurrently."""
    app = granted.app
    found = shop_identity.find_identified(app, granted.called, granted.identity)
    if found.row is None or not found.row.is_active:
        return _install(granted)
    try:
        shop_identity.save_identity(app, found)
        tokens.replace_tokens(found.row, granted.grant, granted.requested_at)
    except WriteConflict:
        row = installations.find(found.shop, app)
        if row is not None and row.is_active:
            raise
        return _install(granted)
    # The app may have been removed and reinstalled without a webhook.
    return publish(RegistrationRequested(shop=found.shop, app=app))


def _is_ready(row: Shop, domain: str) -> bool:
    """Return whether the app can work in the shop, and the shop is known to have this domain now."""
    return row.is_active and tokens.has_usable_tokens(row) and shop_domains.stored_name(row).is_current(domain)


def _install(granted: _Granted, state: str = "", started: str = "") -> None:
    """Write the installation and publish its registration.

    `state` is the hash of the OAuth state, `started` the domain for which OAuth was started. Raises AppRemoved,
    ShopDomainTaken, InvalidState if OAuth was started for another shop.
    """
    event, found = run_unit_of_work(lambda unit: _stage_installation(unit, granted, state, started))
    shop_identity.note_new_domains(granted.app, found)
    log.info("app installed", extra={"shop": found.shop, "app": granted.app, "event": event})


def _stage_installation(
    unit: UnitOfWork, granted: _Granted, state: str, started: str
) -> tuple[EventType, IdentifiedShop]:
    app, requested_at = granted.app, granted.requested_at
    found = shop_identity.find_identified(app, granted.called, granted.identity)
    if started not in ("", granted.called) and shop_identity.resolve_shop(started, app) != found.shop:
        raise InvalidState
    shop, row = found.shop, found.row
    event = EventType.REINSTALL if row else EventType.INSTALL
    if row is None or _decide(row, requested_at) is InstallDecision.WRITE:
        installation = Installation(shop, app, granted.grant, state, requested_at)
        installations.stage_installation(unit.transaction, installation, row, shop_domains.name_actions(found))
        shop_domains.stage_domains(unit.transaction, app, found)
    unit.publish(RegistrationRequested(shop=shop, app=app, event=event.value, installed_at=requested_at))
    return event, found


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
