"""Changes of a member's e-mail: confirmed at the new address, and undone from the former one within 72 hours."""

from __future__ import annotations

from chalicelib.kit.accounts import email_changes
from chalicelib.together.service.auth import Member
from chalicelib.together.service.realm import REALM


def request_change(member: Member, email: str, password: str) -> None:
    """Send a link to the new address. Raises TooManyRequests, WrongPassword, EmailTaken, EmailChangePending."""
    email_changes.request_change(REALM, member, email, password)


def apply_link(token: str) -> None:
    """Confirm or undo a change of the e-mail by the link of a mail. Raises InvalidLink, EmailTaken."""
    email_changes.apply_link(REALM, token)


def confirm_change(token: str) -> None:
    """Use the new address; the former one stays reserved while the change can be undone. Raises InvalidLink, EmailTaken."""
    email_changes.confirm_change(REALM, token)


def undo_change(token: str) -> None:
    """Restore the former address and end all sessions. Raises InvalidLink."""
    email_changes.undo_change(REALM, token)
