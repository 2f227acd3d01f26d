"""Checks of an account's password, with limits on guesses that do not lock the owner out of a known device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.kit import attempts, bound_tokens, ids, passwords
from chalicelib.kit.accounts.errors import InvalidCredentials, InvalidPassword, WrongPassword
from chalicelib.kit.accounts.realm import SignedIn
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.attempts import CountedAttempt, Counter, Limit
from chalicelib.kit.passwords import PasswordRules
from chalicelib.kit.tables import Table

_QUARTER = timedelta(minutes=15)
_ACCOUNT_AND_ADDRESS = Limit("sign-in/account-address", 10, _QUARTER)
_ADDRESS = Limit("sign-in/address", 100, _QUARTER)
_ACCOUNT = Limit("sign-in/account", 100, timedelta(days=1))
_DEVICE = Limit("sign-in/device", 10, _QUARTER)
_DEVICE_PURPOSE = "device"
DEVICE_LIFETIME = timedelta(days=400)
"""The longest lifetime of a cookie (RFC 6265bis, 5.5)."""


def stranger_counters(context: str, email: str, source_ip: str) -> list[Counter]:
    """Return the counters of a guess from an unknown device. They do not reveal whether the account exists.

    An address is counted over all contexts, an account in its own.
    """
    network = attempts.network_of(source_ip)
    return [
        attempts.counter(_ACCOUNT_AND_ADDRESS, context, email, network),
        attempts.counter(_ADDRESS, network),
        attempts.counter(_ACCOUNT, context, email),
    ]


def device_counter(user_id: str, device_id: str) -> Counter:
    """Return the counter of guesses from a device or session of the account."""
    return attempts.counter(_DEVICE, user_id, device_id)


def make_device_token(row: R, device_id: str | None = None) -> str:
    """Return the token of a device that proved to be its owner's; a new password voids it."""
    subject = f"{row.id}/{device_id or ids.new()}"
    return bound_tokens.make(_DEVICE_PURPOSE, subject, DEVICE_LIFETIME, row.password_hash)


def device_of(token: str | None) -> tuple[bound_tokens.BoundToken, str, str] | None:
    """Return a genuine device token with its account's id and its device's id; None for any other text."""
    device = bound_tokens.read(_DEVICE_PURPOSE, token) if token else None
    if device is None:
        return None
    user_id, _, device_id = device.subject.partition("/")
    return device, user_id, device_id


def check_password(
    stored: str | None, password: str, counters: Sequence[Counter], rows: Sequence[Table | None] | None = None
) -> list[CountedAttempt]:
    """Count a guess, compute one hash, and return the counted attempts, for the caller to take back.

    Raises TooManyRequests, InvalidCredentials.
    """
    counted = attempts.count(counters, rows)
    if not passwords.verify_password(stored, password):
        raise InvalidCredentials
    return counted


def check_own_password(account: SignedIn[R], password: str, field: str = "body.password") -> None:
    """Check the password of a signed-in account, whose session counts as a known device.

    Raises TooManyRequests, and WrongPassword, which names `field`.
    """
    counters = [device_counter(account.id, account.session_id or "no session")]
    try:
        attempts.take_back(check_password(account.user.password_hash, password, counters))
    except InvalidCredentials:
        raise WrongPassword(errors=[{"path": field, "message": WrongPassword.title}]) from None


def hash_new_password(password: str, field: str, rules: PasswordRules, personal: Sequence[str | None]) -> str:
    """Return the hash of a new password. Raises InvalidPassword, which names `field`, if it is easy to guess.

    `personal` are the e-mail and the name, which it must not be made of.
    """
    reason = passwords.rejection_reason(password, rules, [word for word in personal if word])
    if reason is not None:
        raise InvalidPassword(f"{field}: {reason}", errors=[{"path": field, "message": reason}])
    return passwords.hash_password(password)
