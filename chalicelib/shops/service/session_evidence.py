"""Session tokens as evidence of an installation; each may also trigger a check of the shop's access token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.kit import clock, secrets
from chalicelib.kit.messages import publish
from chalicelib.shops import evidence
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import session_evidence
from chalicelib.shops.schemas.messages import TokenCheckRequested

_MAX_BYTES = 4000
"""A longer session token is not passed to the job: KMS encrypts 4 KB."""


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A verified session token of a merchant, and its `iat`."""

    text: str = field(repr=False)
    issued_at: datetime


def record_session(row: Shop, session: SessionToken) -> None:
    """Store the session token's `iat`, at most every ten seconds; request a token check, at most every minute.

    Other requests write nothing.
    """
    now = clock.now()
    note = evidence.decide_session_note(session_evidence.evidence_of(row), session.issued_at, now)
    if note is None or not session_evidence.save_session_note(row, note, now) or not note.is_check_due:
        return
    is_short = len(session.text.encode()) <= _MAX_BYTES
    encrypted_token = (
        secrets.encrypt(session.text, session_token_encryption_context(row.shop, row.app)) if is_short else ""
    )
    publish(TokenCheckRequested(shop=row.shop, app=row.app, session_token=encrypted_token))


def session_token_encryption_context(shop: str, app: str) -> str:
    """Return the encryption context of a session token in a message."""
    return f"shops/{shop}/{app}/session_token"
