"""Which rows of a relationship a member may read. Every list, export and page of together takes its answer from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.together.domain.relationship_state import RelationshipFields
from chalicelib.together.enums import RelationshipStatus


class RowKind(StrEnum):
    """A kind of row, named as its table."""

    CHECKIN = "daily_checkins"
    CONVERSATION = "communication_log"
    DATE = "important_dates"
    GOAL = "shared_goals"
    ACTIVITY = "activities"
    CHALLENGE = "challenges"
    ACHIEVEMENT = "achievements"
    SCORE = "relationship_analytics"
    NOTICE = "notifications"
    IDEA = "ideas"


class Access(StrEnum):
    """How much of a row a member may read."""

    NOTHING = "nothing"
    EXISTENCE = "existence"
    """Only that there is a check-in for the date."""
    WITHOUT_PARTNER = "without_partner"
    """The row without the columns, the id and the name of the other member."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The facts of a row that decide who may read it.

    `author_id` is the member who wrote it, None for an award of the couple. `recorded_at` is `recorded_at` of a check-in,
    `created_at` of a talk, `earned_at` of an award. `is_day_open` is true for a check-in whose date is not past and for
    which the viewer has no check-in: the partner's is not shown yet.
    """

    author_id: str | None = None
    recorded_at: datetime | None = None
    is_private: bool = False
    in_pause: bool = False
    is_day_open: bool = False


class RelationshipFacts(RelationshipFields, Protocol):
    """The fields of a relationship that decide who may read."""

    @property
    def activated_at(self) -> datetime | None: ...


_AUTHORS = (RowKind.CHECKIN, RowKind.CONVERSATION, RowKind.ACHIEVEMENT)
"""Rows of one member that the partner may read under conditions."""
_OWN = (RowKind.NOTICE, RowKind.IDEA)
"""Rows of one member that the partner never reads."""


def can_read(kind: RowKind, row: RowFacts, viewer_id: str, relationship: RelationshipFacts) -> bool:
    """Return whether the viewer may read content of the row; `access` says which part of it."""
    return access(kind, row, viewer_id, relationship) in (Access.ALL, Access.WITHOUT_PARTNER)


def access(kind: RowKind, row: RowFacts, viewer_id: str, relationship: RelationshipFacts) -> Access:
    """Return how much of the row the viewer may read. `relationship` is the one that holds the row."""
    if viewer_id not in (relationship.user_1_id, relationship.user_2_id):
        return Access.NOTHING
    has_ended = relationship.status is RelationshipStatus.ENDED
    if kind in _OWN:
        is_hidden = kind is RowKind.NOTICE and has_ended
        return Access.ALL if row.author_id == viewer_id and not is_hidden else Access.NOTHING
    if kind is RowKind.SCORE:
        return Access.NOTHING if has_ended else Access.ALL
    if kind in _AUTHORS and row.author_id is not None:
        return Access.ALL if row.author_id == viewer_id else _access_of_partner(kind, row, relationship)
    return Access.WITHOUT_PARTNER if has_ended else Access.ALL


def _access_of_partner(kind: RowKind, row: RowFacts, relationship: RelationshipFacts) -> Access:
    """Return how much of a member's own row their partner may read."""
    if relationship.status is RelationshipStatus.ENDED or row.in_pause or row.is_day_open:
        return Access.NOTHING
    since = relationship.activated_at
    if since is None or row.recorded_at is None or row.recorded_at < since:
        return Access.NOTHING
    if row.is_private:
        return Access.EXISTENCE if kind is RowKind.CHECKIN else Access.NOTHING
    return Access.ALL
