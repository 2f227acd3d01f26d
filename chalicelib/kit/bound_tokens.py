"""Signed tokens, each for one purpose and bound to a state: void once the state has changed.

The links in mails contain them, and so do the cookies that mark a known device.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.kit import clock, signing


@dataclass(frozen=True, slots=True)
class BoundToken:
    """A genuine token that has not expired. `subject` is the id that it was made for."""

    subject: str
    _state: str

    def permits(self, *state: str | None) -> bool:
        """Return whether the state is still the one for which the token was made."""
        return signing.is_keyed_digest("token-state", _data(state), self._state)


def make(purpose: str, subject: str, lifetime: timedelta, *state: str | None) -> str:
    """Return a token for a purpose and a subject, valid for `lifetime` and in this state."""
    expires = int((clock.now() + lifetime).timestamp())
    content = [subject, signing.keyed_digest("token-state", _data(state)), expires]
    return signing.sign(_name(purpose), json.dumps(content).encode())


def read(purpose: str, token: str) -> BoundToken | None:
    """Return the token if it is genuine, of this purpose and not expired; else None."""
    data = signing.verify(_name(purpose), token)
    if data is None:
        return None
    subject, state, expires = json.loads(data)
    return BoundToken(subject, state) if clock.now().timestamp() < expires else None


def _name(purpose: str) -> str:
    return f"bound-token/{purpose}"


def _data(state: tuple[str | None, ...]) -> bytes:
    """Return the state as bytes. Its digest is keyed: the state may hold an address."""
    return json.dumps(state).encode()
