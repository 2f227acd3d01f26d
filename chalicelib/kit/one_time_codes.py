"""One-time codes of authenticator apps (TOTP, RFC 6238): six digits that change every 30 seconds."""

from __future__ import annotations

import hmac
from datetime import datetime

from pyotp import TOTP, random_base32

STEP_SECONDS = 30
WINDOW = 1
"""Steps before and after the present one whose codes are accepted: clocks differ (RFC 6238, 5.2)."""
ISSUER = "Backroom"


def new_secret() -> str:
    """Return a new secret: 160 random bits in base32 (RFC 4226, 4)."""
    return random_base32()


def setup_uri(secret: str, account: str) -> str:
    """Return the `otpauth://` address that sets an authenticator app up for an account's e-mail."""
    return _totp(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the 30-second step since 1970 whose code this is: the present one or a neighbour; None for another code."""
    totp, present = _totp(secret), int(now.timestamp()) // STEP_SECONDS
    matches = [
        step
        for step in range(present - WINDOW, present + WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return matches[-1] if matches else None


def _totp(secret: str) -> TOTP:
    return TOTP(secret, interval=STEP_SECONDS)
