"""Sessions: one row for each signed-in device of an account, with a family of rotating refresh tokens.

A refresh token names its subject, session and generation, and is signed. The present one rotates. The one before it
returns the present one for 30 seconds: a client may have lost the answer. An older one was used by two clients, so that
it ends the session (RFC 9700, 4.14.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.kit import clock, ids, signing, tables
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.models import Session
from chalicelib.kit.tables import Transaction

IDLE = timedelta(days=30)
GRACE = timedelta(seconds=30)
"""How long the refresh token before the present one is accepted after the rotation."""
MAX_SESSIONS = 20
MAX_DEVICE = 100
"""Characters of a device's name."""
LIFETIMES = {
    "member": timedelta(days=180),
    "owner": timedelta(days=90),
    "support": timedelta(hours=12),
    "operator": timedelta(hours=12),
}
"""By the role in the subject, `<role>:<account id>`."""
_PURPOSE = "refresh-token"


class SessionEnded(Unauthenticated):
    """The refresh token or its session is not valid."""

    code = "SessionEnded"
    title = "The session has ended; sign in again"


class RefreshTokenReused(SessionEnded):
    """An old refresh token was used, so that its session was ended. `subject` is the account's."""

    code = "RefreshTokenReused"
    title = "This refresh token was replaced; sign in again"

    def __init__(self, subject: str) -> None:
        super().__init__()
        self.subject = subject


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The content of a genuine refresh token."""

    subject: str
    session_id: str
    generation: int


def new_session(subject: str, device: str | None) -> Session:
    """Return the row of a new session, which the caller writes in the transaction that checks the password."""
    now = clock.now()
    ends_at = now + LIFETIMES[subject.partition(":")[0]]
    expires_at = min(now + IDLE, ends_at)
    return Session(
        subject,
        ids.time_ordered(),
        generation=0,
        rotated_at=now,
        expires_at=expires_at,
        ends_at=ends_at,
        device=device,
        created_at=now,
        expires_epoch=expires_at,
    )


def begin_session(subject: str, device: str | None) -> Session:
    """Store a new session and return its row."""
    session = new_session(subject, device)
    session.save()
    return session


def refresh_token(session: Session) -> str:
    """Return the present refresh token of a session: equal for equal generations."""
    content = [session.subject, session.id, session.generation]
    return signing.sign(_PURPOSE, json.dumps(content).encode())


def read_refresh_token(token: str) -> RefreshToken:
    """Return the content of a refresh token. Raises SessionEnded if it is not genuine."""
    data = signing.verify(_PURPOSE, token)
    if data is None:
        raise SessionEnded
    return RefreshToken(*json.loads(data))


def rotate(token: RefreshToken, session: Session | None) -> Session:
    """Rotate the session's refresh token and return the row with the present generation.

    `session` is the row as the caller has read it. Raises SessionEnded if there is no open session, and
    RefreshTokenReused, after it ended the session, if the token is old.
    """
    now = clock.now()
    while session is not None and session.expires_at > now:
        if token.generation == session.generation:
            if rotated := _advance(session):
                return rotated
            session = find_session(token.subject, token.session_id)
            continue
        if token.generation == session.generation - 1 and now - session.rotated_at <= GRACE:
            return session
        end_sessions([session])
        raise RefreshTokenReused(token.subject)
    raise SessionEnded


def find_session(subject: str, session_id: str) -> Session | None:
    """Return the session's row, read consistently; None if there is none."""
    try:
        return Session.get(subject, session_id, consistent_read=True)
    except Session.DoesNotExist:
        return None


def require_open(subject: str, session_id: str) -> None:
    """Raise SessionEnded if the account has no such session, or if it is over."""
    session = find_session(subject, session_id)
    if session is None or session.expires_at <= clock.now():
        raise SessionEnded


def list_sessions(subject: str) -> list[Session]:
    """Return the open sessions of an account, the longest unused one first, read consistently."""
    now = clock.now()
    rows = tables.readable_rows(Session.query(subject, consistent_read=True))
    return sorted((row for row in rows if row.expires_at > now), key=lambda row: (row.rotated_at, row.id))


def surplus_sessions(sessions: list[Session]) -> list[Session]:
    """Return the longest unused sessions above the limit; `sessions` are sorted by use."""
    return sessions[: max(0, len(sessions) - MAX_SESSIONS)]


def stage_end(transaction: Transaction, sessions: Iterable[Session]) -> None:
    """Stage the end of sessions."""
    for session in sessions:
        transaction.delete(Session(session.subject, session.id))


def remove_session(subject: str, session_id: str) -> bool:
    """Delete a session and return True; return False if there is none."""
    return tables.delete_if(Session(subject, session_id), Session.id.exists())


def end_sessions(sessions: Iterable[Session]) -> None:
    """End sessions, at most 100."""
    with Transaction() as transaction:
        stage_end(transaction, sessions)


def _advance(session: Session) -> Session | None:
    """Write the next generation and return the row; None if another caller has rotated or ended the session."""
    now = clock.now()
    expires_at = min(now + IDLE, session.ends_at)
    changes = {
        "generation": session.generation + 1,
        "rotated_at": now,
        "expires_at": expires_at,
        "expires_epoch": expires_at,
    }
    is_present = Session.generation == session.generation
    actions = [getattr(Session, column).set(value) for column, value in changes.items()]
    return tables.copy_row(session, changes) if tables.update_if(session, actions, is_present) else None
