"""Blocks: a member who wants no invitation from another."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.data_subjects import SubjectType, pseudonym
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, delete_if, get_many
from chalicelib.together.models import Block


def either_blocks(one_id: str, other_id: str) -> bool:
    """Return whether one of the two members blocks the other, read consistently.

    A member who deleted their rows of a relationship has a pseudonym there, by which the other one blocks them.
    """
    pairs = ((one_id, other_id), (other_id, one_id))
    names = [(by, name) for by, blocked in pairs for name in (blocked, pseudonym(f"{SubjectType.MEMBER}:{blocked}"))]
    return any(row is not None for row in get_many([(Block, key) for key in dict.fromkeys(names)], consistent=True))


def stage_no_block(transaction: Transaction, one_id: str, other_id: str) -> None:
    """Require in the transaction that neither blocks the other; else it raises WriteConflict."""
    for key in ((one_id, other_id), (other_id, one_id)):
        transaction.check(Block, key, Block.user_id.does_not_exist(), otherwise=WriteConflict())


def stage_block(transaction: Transaction, user_id: str, blocked_id: str) -> None:
    """Block a member in the transaction; a repeat keeps the date of the first."""
    row = Block(user_id, blocked_id)
    transaction.update(row, [Block.created_at.set(Block.created_at | clock.now())])


def list_by_user(user_id: str, page: PageRequest) -> PageResult[Block]:
    """Return a page of the member's blocks."""
    return query_page(Block.query(user_id, consistent_read=True, limit=page.limit, last_evaluated_key=page.start))


def find_block(user_id: str, blocked_id: str) -> Block | None:
    """Return the member's block of another, read consistently; None if there is none."""
    try:
        return Block.get(user_id, blocked_id, consistent_read=True)
    except Block.DoesNotExist:
        return None


def delete_block(user_id: str, blocked_id: str) -> bool:
    """Delete a block. Returns False if there is none."""
    return delete_if(Block(user_id, blocked_id), Block.user_id.exists())
