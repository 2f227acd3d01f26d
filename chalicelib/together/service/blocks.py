"""Blocks: nobody learns of them. An invitation between the two looks sent and never arrives."""

from __future__ import annotations

from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.relationship_state import is_couple, other_member
from chalicelib.together.errors import BlockNotFound, PartnerMissing
from chalicelib.together.models import User
from chalicelib.together.repository import blocks, relationships, users
from chalicelib.together.schemas.relationships import BlockRead
from chalicelib.together.service.endings import ended_message, stage_end_of


def add_block(user: User, relationship_id: str) -> BlockRead:
    """Block the other member of a relationship, present or past, and end it if it has not ended.

    Raises RelationshipNotFound if the member is not in it, PartnerMissing for a space of one.
    """

    def decide(unit: UnitOfWork) -> str:
        relationship = relationships.get_of_member(relationship_id, user.id)
        other_id = other_member(relationship, user.id)
        if other_id is None:
            raise PartnerMissing
        if is_couple(relationship):
            stage_end_of(unit, users.find_user(user.id) or user, relationship)
        else:
            unit.publish(ended_message(relationship.id))
        blocks.stage_block(unit.transaction, user.id, other_id)
        return other_id

    blocked_id = run_unit_of_work(decide)
    row = blocks.find_block(user.id, blocked_id)
    if row is None:
        raise BlockNotFound
    return BlockRead(id=blocked_id, created_at=row.created_at)


def list_blocks(user: User, page: PageRequest) -> PageResult[BlockRead]:
    """Return a page of the member's blocks."""
    rows = blocks.list_by_user(user.id, page)
    return rows.map(lambda row: BlockRead(id=row.blocked_id, created_at=row.created_at))


def remove_block(user: User, block_id: str) -> None:
    """Remove a block; the relationship stays ended. Raises BlockNotFound."""
    if not blocks.delete_block(user.id, block_id):
        raise BlockNotFound
