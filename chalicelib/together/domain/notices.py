"""Notices: what a member is notified of in the app and, depending on their preferences, by e-mail."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.together.enums import NotificationKind, RelationshipStatus

SHARDS = 8
"""Parts of an hour in the index of the notices to be sent."""
MAX_CAUSE = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to one member.

    `cause` names what caused it, e.g. `date/<id>/2027-02-28`: notices with the same `scheduled_for` and `cause` are one.
    `title` and `body` hold no words that a member typed and no name: they are mailed and exported. The app shows those of
    `subject_id`. `action_url` is a path of ours. The notice of a relationship is shown and mailed only while it is active.
    """

    user_id: str
    kind: NotificationKind
    cause: str
    title: str
    body: str
    scheduled_for: datetime
    action_url: str | None = None
    relationship_id: str | None = None
    subject_id: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if the cause cannot be part of a key."""
        if not 1 <= len(self.cause) <= MAX_CAUSE:
            raise ValueError(f"cause: 1 to {MAX_CAUSE} characters")


def due_in(moment: datetime, notice_id: str) -> str:
    """Return `<UTC hour>#<shard>`, the key under which the sender finds a notice that is due at this time."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}#{zlib.crc32(notice_id.encode()) % SHARDS}"


def due_keys(hour: datetime) -> list[str]:
    """Return the keys of all notices that are due in this hour."""
    return [f"{hour.astimezone(UTC):%Y-%m-%dT%H}#{shard}" for shard in range(SHARDS)]


def is_shown(relationship_id: str | None, current_id: str | None, status: RelationshipStatus | None) -> bool:
    """Return whether a notice is shown to a member whose present relationship is `current_id`, with this status.

    The notice of a relationship is shown only while the member is in it and it is active. A space of one is active, too.
    """
    if relationship_id is None:
        return True
    return relationship_id == current_id and status in (RelationshipStatus.ACTIVE, RelationshipStatus.INVITED)


def cause_of(notice_id: str) -> str:
    """Return the cause in the id of a notice, `<scheduled_for>#<cause>`."""
    return notice_id.partition("#")[2]


def due_time(key: str, notice_id: str) -> datetime:
    """Return the time since which a notice with this key and id is due: its own, or the hour to which it was postponed."""
    hour = datetime.strptime(key.partition("#")[0], "%Y-%m-%dT%H").replace(tzinfo=UTC)
    return max(hour, datetime.fromisoformat(notice_id.partition("#")[0]))
