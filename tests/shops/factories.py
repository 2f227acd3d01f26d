"""Factories of installed shops, in bulk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.kit import secrets
from chalicelib.shops.models import Session, Shop
from chalicelib.shops.repository import sessions, tokens

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of the first installation; each next one is a minute later."""
TOKEN = "shpat_seeded"


def seed(count: int, app: str = "studio", *, with_sessions: bool = False, **columns: Any) -> list[str]:
    """Create shops with the app, in the order of installation, with the access token TOKEN."""
    names = [f"seeded-{number:05}.myshopify.com" for number in range(count)]
    with Shop.batch_write() as batch:
        for number, name in enumerate(names):
            moment = BEGAN + timedelta(minutes=number)
            facts: dict[str, Any] = {"installed_at": moment, "created_at": moment, "updated_at": moment}
            ciphertext = secrets.encrypt(TOKEN, tokens.token_encryption_context(name, app, "access_token"))
            batch.save(Shop(name, app, access_token=ciphertext, active_app=app, **facts, **columns))
    if with_sessions:
        with Session.batch_write() as batch:
            for name in names:
                session = sessions.offline_session_id(name, app)
                ciphertext = secrets.encrypt(TOKEN, sessions.session_encryption_context(session))
                batch.save(Session(session, shop=name, app=app, state="", access_token=ciphertext, created_at=BEGAN))
    return names
