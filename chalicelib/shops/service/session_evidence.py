"""What a merchant's session token proves: stored in steps, and the reason to try the shop's access token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.kit import clock, secrets
from chalicelib.kit.messages import publish
from chalicelib.shops import evidence
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import session_evidence
from chalicelib.shops.schemas.messages import TokenCheckRequested

_MOST_BYTES = 4000
"""A longer session token is not handed to the job: KMS encrypts 4 KB."""


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A verified session token of a merchant, and its `iat`."""

    text: str = field(repr=False)
    issued_at: datetime


def note_session(row: Shop, session: SessionToken) -> None:
    """Store that the app was open, at most every ten seconds; have its access token tried, at most every minute.

    Other requests write nothing.
    """
    now = clock.now()
    note = evidence.note_of(session_evidence.evidence_of(row), session.issued_at, now)
    if note is None or not session_evidence.save_note(row, note, now) or not note.is_check_due:
        return
    is_short = len(session.text.encode()) <= _MOST_BYTES
    sealed = secrets.seal(session.text, place(row.shop, row.app)) if is_short else ""
    publish(TokenCheckRequested(shop=row.shop, app=row.app, session_token=sealed))


def place(shop: str, app: str) -> str:
    """Return what a session token in a message is encrypted for."""
    return f"shops/{shop}/{app}/session_token"
