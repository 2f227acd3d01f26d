"""Sign-in, refresh and end of members' sessions."""

from __future__ import annotations

from chalicelib.kit.accounts import sign_in as sign_ins
from chalicelib.kit.accounts import signed_in_devices
from chalicelib.kit.accounts.schemas import SessionTokensRead
from chalicelib.kit.accounts.sign_in import SignIn
from chalicelib.together.service.realm import REALM

__all__ = ["SignIn", "refresh", "sign_in"]


def sign_in(request: SignIn) -> SessionTokensRead:
    """Check the password and open a session; a closed account that can still be kept is opened.

    Raises TooManyRequests; InvalidCredentials also for an account that is unknown or not verified.
    """
    return sign_ins.sign_in(REALM, request)


def refresh(token: str) -> SessionTokensRead:
    """Rotate a refresh token and return the tokens of its session. Raises SessionEnded, RefreshTokenReused."""
    return signed_in_devices.refresh(REALM, token)
