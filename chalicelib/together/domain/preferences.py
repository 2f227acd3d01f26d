"""A member's preferences that decide when and about what they are mailed.

The column `preferences` of a member is `{"email": {<kind of notice>: bool, "digest": bool}, "hour": 0 to 23,
"quiet": {"start": 0 to 23, "end": 0 to 23}, "shared": {"birthday": bool, "love_languages": bool}, …}`; whatever is missing has its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.together.enums import NotificationKind

DIGEST = "digest"
"""The e-mail of the week. Its notices have this as the start of their cause."""
MAIL_KINDS: tuple[str, ...] = (*NotificationKind, DIGEST)
"""The kinds of e-mail that a member can turn off; also the subject of an unsubscribe link."""
DEFAULT_HOUR = 9
DEFAULT_QUIET = (21, 8)
"""The mail waits from the first to the second hour, in the member's time zone."""
_OFF_BY_DEFAULT = {NotificationKind.ACHIEVEMENT, NotificationKind.CHALLENGE}


def is_mailed(preferences: Mapping[str, Any] | None, kind: str) -> bool:
    """Return whether the member wants e-mails of this kind (one of MAIL_KINDS)."""
    choice = _part(preferences, "email").get(kind)
    return choice if isinstance(choice, bool) else kind not in _OFF_BY_DEFAULT


def without_mail(preferences: Mapping[str, Any] | None, kind: str) -> dict[str, Any]:
    """Return the preferences of a member who unsubscribes from e-mails of this kind."""
    return {**(preferences or {}), "email": {**_part(preferences, "email"), kind: False}}


def reminder_hour(preferences: Mapping[str, Any] | None) -> int:
    """Return the hour at which the member gets reminders, in their time zone."""
    return _hour((preferences or {}).get("hour"), DEFAULT_HOUR)


def quiet_hours(preferences: Mapping[str, Any] | None) -> tuple[int, int]:
    """Return the first and the last hour (exclusive) in which the member gets no e-mail; equal ones: none are quiet."""
    quiet, (start, end) = _part(preferences, "quiet"), DEFAULT_QUIET
    return _hour(quiet.get("start"), start), _hour(quiet.get("end"), end)


def is_shared(preferences: Mapping[str, Any] | None, part: str) -> bool:
    """Return whether the partner sees this part of the member's profile: `birthday`, or `love_languages`."""
    choice = _part(preferences, "shared").get(part)
    return choice if isinstance(choice, bool) else True


def _part(preferences: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    part = (preferences or {}).get(name)
    return part if isinstance(part, Mapping) else {}


def _hour(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23 else default
