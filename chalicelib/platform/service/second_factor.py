"""The second factor of staff: one-time codes of an authenticator app, each accepted once (RFC 6238, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit import config, one_time_codes, secrets
from chalicelib.kit.accounts.errors import CodeRequired, InvalidCode, SecondFactorMissing
from chalicelib.platform.domain.account_roles import STAFF
from chalicelib.platform.domain.sealed_columns import totp_context
from chalicelib.platform.models import PlatformUser


def check_code(user: PlatformUser, code: str | None, now: datetime) -> Mapping[str, Any]:
    """Check the code of a sign-in and return the column that voids it; nothing for an account without a second factor.

    Raises CodeRequired without a code, InvalidCode for a wrong or used one, and SecondFactorMissing for staff without a
    secret in a live stage.
    """
    if user.role not in STAFF:
        return {}
    if user.totp_secret is None:
        if config.settings().is_live:
            raise SecondFactorMissing
        return {}
    if not code:
        raise CodeRequired
    secret = secrets.decrypt(user.totp_secret, totp_context(user.id))
    step = one_time_codes.find_step(secret, code, now)
    if step is None or (user.totp_step is not None and step <= user.totp_step):
        raise InvalidCode
    return {"totp_step": step}
