"""Pause and resume a relationship. Each member lifts their own pause only."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.pauses import has_open_pause, is_pause_open, with_pause, without_pause
from chalicelib.together.domain.relationship_state import is_couple
from chalicelib.together.errors import PartnerMissing, PausedByPartner
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import relationships, users


def pause_relationship(user: User) -> None:
    """Pause the relationship for the member; a repeat changes nothing. Raises PartnerMissing in a space of one."""

    def decide(unit: UnitOfWork) -> None:
        relationship = _couple_of(user)
        if not has_open_pause(relationship.pauses, user.id):
            pauses = with_pause(relationship.pauses, user.id, clock.now())
            relationships.stage_pauses(unit.transaction, relationship, pauses)

    run_unit_of_work(decide)


def resume_relationship(user: User) -> None:
    """End the member's own pause. The relationship stays paused while the partner has one.

    An active relationship stays as it is. Raises PausedByPartner if only the partner paused, PartnerMissing.
    """

    def decide(unit: UnitOfWork) -> None:
        relationship = _couple_of(user)
        if has_open_pause(relationship.pauses, user.id):
            pauses = without_pause(relationship.pauses, user.id, clock.now())
            relationships.stage_pauses(unit.transaction, relationship, pauses)
        elif is_pause_open(relationship.pauses):
            raise PausedByPartner

    run_unit_of_work(decide)


def _couple_of(user: User) -> Relationship:
    relationship = relationships.get_relationship(str((users.find_user(user.id) or user).relationship_id))
    if not is_couple(relationship):
        raise PartnerMissing
    return relationship
