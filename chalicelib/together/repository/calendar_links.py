"""The version of a member's calendar link; 0: there is none."""

from __future__ import annotations

from chalicelib.kit.tables import update_if
from chalicelib.together.models import User


def open_link(user_id: str, version: int) -> int:
    """Store the version of a new link and return it; that of the present link if there is one."""
    if update_if(User(user_id), [User.calendar_version.set(version)], User.id.exists() & (User.calendar_version == 0)):
        return version
    return User.get(user_id, consistent_read=True).calendar_version


def close_link(user_id: str) -> None:
    """Remove the link."""
    update_if(User(user_id), [User.calendar_version.set(0)], User.id.exists())
