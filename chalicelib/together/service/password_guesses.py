"""Checks of a member's password, with limits on guesses that do not lock the owner out of a known device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.kit import attempts, bound_tokens, ids, passwords
from chalicelib.kit.attempts import CountedAttempt, Counter, Limit
from chalicelib.kit.tables import Table
from chalicelib.together.errors import InvalidCredentials, InvalidPassword, WrongPassword
from chalicelib.together.models import User
from chalicelib.together.service.auth import Member

_QUARTER = timedelta(minutes=15)
_ACCOUNT_AND_ADDRESS = Limit("sign-in/account-address", 10, _QUARTER)
_ADDRESS = Limit("sign-in/address", 100, _QUARTER)
_ACCOUNT = Limit("sign-in/account", 100, timedelta(days=1))
_DEVICE = Limit("sign-in/device", 10, _QUARTER)
_DEVICE_PURPOSE = "device"
DEVICE_LIFETIME = timedelta(days=400)
"""The longest lifetime of a cookie (RFC 6265bis, 5.5)."""


def stranger_counters(email: str, source_ip: str) -> list[Counter]:
    """Return the counters of a guess from an unknown device. They do not reveal whether the account exists."""
    network = attempts.network_of(source_ip)
    return [
        attempts.counter(_ACCOUNT_AND_ADDRESS, email, network),
        attempts.counter(_ADDRESS, network),
        attempts.counter(_ACCOUNT, email),
    ]


def device_counter(user_id: str, device_id: str) -> Counter:
    """Return the counter of guesses from a device or session of the member."""
    return attempts.counter(_DEVICE, user_id, device_id)


def make_device_token(user: User, device_id: str | None = None) -> str:
    """Return the token of a device on which the member proved who they are; a new password voids it."""
    subject = f"{user.id}/{device_id or ids.new()}"
    return bound_tokens.make(_DEVICE_PURPOSE, subject, DEVICE_LIFETIME, user.password_hash)


def device_of(token: str | None) -> tuple[bound_tokens.BoundToken, str, str] | None:
    """Return a genuine device token with its member's id and its device's id; None for any other text."""
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


def check_own_password(member: Member, password: str, field: str = "body.password") -> None:
    """Check the password of a signed-in member, whose session counts as a known device.

    Raises TooManyRequests, and WrongPassword, which names `field`.
    """
    counters = [device_counter(member.id, member.session_id or "no session")]
    try:
        attempts.take_back(check_password(member.user.password_hash, password, counters))
    except InvalidCredentials:
        raise WrongPassword(errors=[{"path": field, "message": WrongPassword.title}]) from None


def hash_new_password(password: str, field: str, email: str, display_name: str) -> str:
    """Return the hash of a new password. Raises InvalidPassword, which names `field`, if it is easy to guess."""
    reason = passwords.rejection_reason(password, passwords.MEMBER_RULES, [email, display_name])
    if reason is not None:
        raise InvalidPassword(f"{field}: {reason}", errors=[{"path": field, "message": reason}])
    return passwords.hash_password(password)
