"""The relationship that a member is in, and those in which they were."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.entitlements import is_premium
from chalicelib.together.domain.pauses import has_open_pause
from chalicelib.together.domain.relationship_state import is_couple, other_member, require_writable
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import memberships, relationships, users
from chalicelib.together.schemas.relationships import (
    CoupleStreakRead,
    PartnerProfileRead,
    RelationshipRead,
    RelationshipSummary,
    RelationshipUpdate,
)
from chalicelib.together.service.couple_streaks import read_couple_streak
from chalicelib.together.service.endings import end_relationship
from chalicelib.together.service.pauses import pause_relationship, resume_relationship


def read_relationship(user: User) -> RelationshipRead:
    """Return the relationship that the member is in, with the partner as far as their profile is shown."""
    relationship = relationships.get_relationship(str(user.relationship_id))
    if user.id not in (relationship.user_1_id, relationship.user_2_id):
        raise RelationshipNotFound
    other_id = other_member(relationship, user.id)
    partner = users.find_user(other_id) if other_id and is_couple(relationship) else None
    return RelationshipRead(
        id=relationship.id,
        status=relationship.status,
        partner=PartnerProfileRead.of(partner) if partner else None,
        streak=CoupleStreakRead(**read_couple_streak(relationship, user, partner)._asdict()),
        relationship_type=relationship.relationship_type,
        start_date=relationship.start_date,
        anniversary_date=relationship.anniversary_date,
        activated_at=relationship.activated_at,
        is_paused_by_me=has_open_pause(relationship.pauses, user.id),
        is_premium=is_premium(relationship.premium_until, clock.now()),
    )


def change_relationship(user: User, body: RelationshipUpdate) -> RelationshipRead:
    """Pause, resume or end the relationship, or set its type and dates.

    Raises PartnerMissing, PausedByPartner; for type and dates RelationshipPaused.
    """
    if body.status == "paused":
        pause_relationship(user)
    elif body.status == "active":
        resume_relationship(user)
    elif body.status == "ended":
        end_relationship(user)
    elif body.details():
        _set_details(user, body)
    return read_present_relationship(user.id)


def read_present_relationship(user_id: str) -> RelationshipRead:
    """Return the relationship that the member is in now, after a change. Raises RelationshipNotFound."""
    user = users.find_user(user_id)
    if user is None:
        raise RelationshipNotFound
    return read_relationship(user)


def list_relationships(user: User, page: PageRequest) -> PageResult[RelationshipSummary]:
    """Return a page of the relationships in which the member is or was; spaces that they left empty are left out."""
    places = memberships.list_by_user(user.id, page)
    rows = relationships.find_relationships([place.relationship_id for place in places.items])
    stored = [row for row in rows if row is not None]
    return PageResult([_to_summary(row, user) for row in stored if row.expires_epoch is None], places.last_key)


def read_summary(user: User, relationship_id: str) -> RelationshipSummary:
    """Return one relationship of the member. Raises RelationshipNotFound if they have no place in it."""
    return _to_summary(relationships.get_of_member(relationship_id, user.id), user)


def _set_details(user: User, body: RelationshipUpdate) -> None:
    def decide(unit: UnitOfWork) -> None:
        relationship = relationships.get_relationship(str((users.find_user(user.id) or user).relationship_id))
        require_writable(relationship, user.id)
        relationships.stage_details(unit.transaction, relationship, user.id, body.details())

    run_unit_of_work(decide)


def _to_summary(row: Relationship, user: User) -> RelationshipSummary:
    return RelationshipSummary(
        id=row.id,
        status=row.status,
        is_couple=row.user_2_id is not None,
        is_current=row.id == user.relationship_id,
        activated_at=row.activated_at,
        ended_at=row.ended_at,
    )
