"""Notices of the members: what is added, listed and read."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.together.domain.notices import Notice
from chalicelib.together.repository import notifications


def add_notice(notice: Notice) -> bool:
    """Add a notice to its member's list; `together-dispatch_notifications` has it mailed once it is due.

    Returns False if the notice exists already, or if the member does not exist.
    """
    return notifications.add(notice, clock.now())
