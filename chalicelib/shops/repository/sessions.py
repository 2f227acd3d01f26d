"""Sessions: what Shopify granted, and installations that were begun."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations.shopify import Grant
from chalicelib.kit import clock, secrets
from chalicelib.kit.tables import delete_if
from chalicelib.shops.errors import InvalidState
from chalicelib.shops.models import Session


def add_pending(app: str, shop: str, state_hash: str, lifetime: timedelta) -> None:
    """Note an installation that was begun; nothing but the hash of its state is kept."""
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


def take_pending(app: str, shop: str, state_hash: str) -> None:
    """Use up an installation that was begun, once. Raises UnknownState where there is none of this shop in time."""
    in_time = (Session.shop == shop) & (Session.expires > clock.now())
    if not delete_if(Session(_pending_id(app, state_hash)), in_time):
        raise InvalidState


def delete_until(shop: str, app: str, begun_until: datetime) -> None:
    """Delete the app's sessions of the shop; what was begun later belongs to a new installation and stays."""
    for session in Session.by_shop.query(shop, Session.app == app):
        delete_if(session, Session.created_at <= begun_until)


def offline(shop: str, app: str, grant: Grant, state: str, now: datetime) -> Session:
    """The session of an offline token, to be put by the transaction that writes the token."""
    session_id, expires = offline_id(shop, app), now + timedelta(seconds=grant.expires_in)
    return Session(
        id=session_id,
        shop=shop,
        app=app,
        state=state,
        scope=grant.scope,
        access_token=secrets.encrypt(grant.access_token, place(session_id)),
        created_at=now,
        expires=expires,
        expires_epoch=expires,
    )


def offline_id(shop: str, app: str) -> str:
    """The id of the one offline session that an app has in a shop."""
    return f"{app}/offline_{shop}"


def place(session_id: str) -> str:
    """What a session's token is sealed for."""
    return f"sessions/{session_id}/access_token"


def _pending_id(app: str, state_hash: str) -> str:
    return f"{app}/pending_{state_hash}"
