"""Rows of the members' sessions, which are kit's."""

from __future__ import annotations

from chalicelib.kit.models import Session
from chalicelib.kit.tables import Transaction, delete_if


def stage_session(transaction: Transaction, session: Session) -> None:
    """Stage a new session."""
    transaction.put(session)


def remove_session(subject: str, session_id: str) -> bool:
    """Delete a session and return True; return False if there is none."""
    return delete_if(Session(subject, session_id), Session.id.exists())
