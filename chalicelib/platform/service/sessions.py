"""Sessions of owners and staff that end without an access token."""

from __future__ import annotations

from chalicelib.kit import sessions
from chalicelib.kit.sessions import SessionEnded
from chalicelib.platform.service.realm import REALM


def revoke_token(token: str) -> None:
    """End the session of a refresh token, whatever its generation; nothing for any other text (RFC 7009, 2.2)."""
    try:
        content = sessions.read_refresh_token(token)
    except SessionEnded:
        return
    if content.subject.partition(":")[0] in REALM.roles:
        sessions.remove_session(content.subject, content.session_id)
