"""Which states of a relationship permit writes, and who the other member is."""

from __future__ import annotations

from typing import Protocol

from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.errors import RelationshipEnded, RelationshipNotFound, RelationshipPaused

WRITABLE = (RelationshipStatus.INVITED, RelationshipStatus.ACTIVE)
"""`invited` is a space of one member."""


class RelationshipFields(Protocol):
    """The fields of a relationship that decide who may write."""

    @property
    def user_1_id(self) -> str: ...
    @property
    def user_2_id(self) -> str | None: ...
    @property
    def status(self) -> RelationshipStatus: ...


def require_writable(relationship: RelationshipFields, user_id: str) -> None:
    """Raise RelationshipNotFound, RelationshipPaused or RelationshipEnded if the member cannot write joint rows."""
    if user_id not in (relationship.user_1_id, relationship.user_2_id):
        raise RelationshipNotFound
    if relationship.status is RelationshipStatus.PAUSED:
        raise RelationshipPaused
    if relationship.status not in WRITABLE:
        raise RelationshipEnded


def other_member(relationship: RelationshipFields, user_id: str) -> str | None:
    """Return the id of the other member; None in a space of one."""
    return relationship.user_2_id if relationship.user_1_id == user_id else relationship.user_1_id


def is_couple(relationship: RelationshipFields) -> bool:
    """Return whether the relationship has two members and has not ended."""
    return relationship.status in (RelationshipStatus.ACTIVE, RelationshipStatus.PAUSED)


def is_alone(relationship: RelationshipFields) -> bool:
    """Return whether the relationship is an open space of one member."""
    return relationship.status is RelationshipStatus.INVITED and relationship.user_2_id is None
