"""Reset and change of a member's password."""

from __future__ import annotations

from chalicelib.kit.accounts import password_changes
from chalicelib.together.service.auth import Member
from chalicelib.together.service.realm import REALM


def request_reset(email: str, source_ip: str) -> None:
    """Send a mail with a link that sets a new password, if the address has an account. Raises TooManyRequests."""
    password_changes.request_reset(REALM, email, source_ip)


def reset_password(token: str, password: str) -> str:
    """Set a new password by the link of a mail, end all sessions, and return a token of the caller's device.

    Raises InvalidLink, InvalidPassword.
    """
    return password_changes.reset_password(REALM, token, password)


def change_password(member: Member, current_password: str, new_password: str) -> str:
    """Set a new password, end the other sessions, and return a token of the caller's device.

    Raises TooManyRequests, WrongPassword, InvalidPassword.
    """
    return password_changes.change_password(REALM, member, current_password, new_password)
