"""End a relationship: both members get a new space in the same transaction, and nobody learns who ended it."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.relationship_state import is_alone, is_couple, other_member
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import memberships, relationships, users
from chalicelib.together.schemas.messages import RelationshipSettled
from chalicelib.together.service.spaces import stage_space


def end_relationship(user: User) -> str:
    """End the member's relationship and return the id of their new space.

    Alone already (a repeated request, or the partner was faster): returns the space, and publishes the end again in case
    the first request could not.
    """

    def decide(unit: UnitOfWork) -> str:
        return stage_end_of(unit, users.find_user(user.id) or user)

    return run_unit_of_work(decide)


def end_for(user_id: str) -> None:
    """End the relationship of an account that closes, and void its invitation. Idempotent; ignores a missing member."""

    def decide(unit: UnitOfWork) -> None:
        user = users.find_user(user_id)
        if user is None or user.relationship_id is None:
            return
        relationship = relationships.get_relationship(user.relationship_id)
        if is_alone(relationship) and relationship.invite_code is not None:
            relationships.stage_no_invitation(unit.transaction, relationship)
        stage_end_of(unit, user, relationship)

    run_unit_of_work(decide)


def stage_end_of(unit: UnitOfWork, user: User, relationship: Relationship | None = None) -> str:
    """Stage the end of the member's relationship and return the id of the space that they have then."""
    relationship = relationship or relationships.get_relationship(str(user.relationship_id))
    if not is_couple(relationship):
        _publish_latest(unit, user.id)
        return relationship.id
    relationships.stage_end(unit.transaction, relationship, user.id)
    [partner] = users.find_users([str(other_member(relationship, user.id))])
    space_id = _stage_departure(unit, user, relationship)
    if partner is not None and partner.relationship_id == relationship.id:
        _stage_departure(unit, partner, relationship)
    unit.publish(ended_message(relationship.id))
    return space_id


def ended_message(relationship_id: str) -> RelationshipSettled:
    """Return the message about the end of a couple. Its event is the same on a retry, and names nobody."""
    return RelationshipSettled(event_id=f"{relationship_id}/ended", relationship_id=relationship_id)


def _stage_departure(unit: UnitOfWork, member: User, relationship: Relationship) -> str:
    """Stage a member's new space; the commit raises WriteConflict if they have left the relationship already."""
    space_id = stage_space(unit.transaction, member)
    users.stage_move(unit.transaction, member, space_id, None)
    memberships.stage_leave(unit.transaction, member.id, relationship.id, clock.now())
    return space_id


def _publish_latest(unit: UnitOfWork, user_id: str) -> None:
    """Publish the end of the relationship that the member left last, if it was a couple's."""
    membership = memberships.latest_left(user_id)
    if membership is None:
        return
    [relationship] = relationships.find_relationships([membership.relationship_id])
    if relationship is not None and relationship.user_2_id is not None:
        unit.publish(ended_message(relationship.id))
