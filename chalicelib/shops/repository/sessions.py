"""Sessions: granted offline tokens, and pending OAuth installations."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations.shopify.oauth import Grant
from chalicelib.kit import clock, secrets
from chalicelib.kit.tables import delete_if
from chalicelib.shops.errors import InvalidState
from chalicelib.shops.models import Session


def add_pending(app: str, shop: str, state_hash: str, lifetime: timedelta) -> None:
    """Store a pending installation; of its state, only the hash is stored."""
    now = clock.now()
    Session(
        id=_pending_id(app, state_hash),
        shop=shop,
        app=app,
        state=state_hash,
        created_at=now,
        expires=now + lifetime,
        expires_epoch=now + lifetime,
    ).save()


def consume_pending(app: str, shop: str, state_hash: str) -> str:
    """Delete a pending installation, so that it is used once. Returns the domain for which it was started.

    Shopify's callback names the present domain of a renamed shop. Raises InvalidState if there is none or it expired.
    """
    pending = Session(_pending_id(app, state_hash))
    is_unexpired = Session.expires > clock.now()
    if delete_if(pending, (Session.shop == shop) & is_unexpired):
        return shop
    try:
        row = Session.get(pending.id, consistent_read=True)
    except Session.DoesNotExist:
        raise InvalidState from None
    if not delete_if(pending, (Session.shop == row.shop) & is_unexpired):
        raise InvalidState
    return row.shop


def delete_created_until(shop: str, app: str, created_until: datetime) -> None:
    """Delete the app's sessions of the shop; later ones belong to a new installation and are kept."""
    for session in Session.by_shop.query(shop, Session.app == app):
        delete_if(session, Session.created_at <= created_until)


def offline_session(shop: str, app: str, grant: Grant, state: str, now: datetime) -> Session:
    """Return the session of an offline token; the transaction that writes the token must put it."""
    session_id, expires = offline_session_id(shop, app), now + timedelta(seconds=grant.expires_in)
    return Session(
        id=session_id,
        shop=shop,
        app=app,
        state=state,
        scope=grant.scope,
        access_token=secrets.encrypt(grant.access_token, session_encryption_context(session_id)),
        created_at=now,
        expires=expires,
        expires_epoch=expires,
    )


def offline_session_id(shop: str, app: str) -> str:
    """Return the id of the app's only offline session in a shop."""
    return f"{app}/offline_{shop}"


def session_encryption_context(session_id: str) -> str:
    """Return the encryption context of a session's token."""
    return f"sessions/{session_id}/access_token"


def _pending_id(app: str, state_hash: str) -> str:
    return f"{app}/pending_{state_hash}"
