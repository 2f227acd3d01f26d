"""Steps of every change of a joint row: read it with its relationship, check who may write, keep the caps."""

from __future__ import annotations

from typing import TypeVar

from chalicelib.kit import clock
from chalicelib.kit.errors import Problem, VersionMismatch
from chalicelib.kit.tables import Table
from chalicelib.kit.unit_of_work import UnitOfWork
from chalicelib.together.domain import caps, relationship_state
from chalicelib.together.domain.caps import OpenRows
from chalicelib.together.domain.entitlements import is_premium
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import Activity, ImportantDate, Relationship, SharedGoal, User
from chalicelib.together.repository import open_rows, relationships, space_rows

R = TypeVar("R", bound=Table)
V = TypeVar("V", Activity, ImportantDate, SharedGoal)


def space_of(user: User) -> str:
    """Return the id of the member's present relationship. Raises RelationshipNotFound without one."""
    if user.relationship_id is None:
        raise RelationshipNotFound
    return user.relationship_id


def read_writable(model: type[R], user: User, row_id: str, missing: Problem) -> tuple[Relationship, R]:
    """Return a row of the member's present relationship, and the relationship, which can be written; one read.

    Raises `missing` if there is no such row, RelationshipPaused, RelationshipEnded.
    """
    relationship, row = space_rows.find_with_relationship(model, space_of(user), row_id)
    if row is None:
        raise missing
    relationship_state.require_writable(relationship, user.id)
    return relationship, row


def read_version(
    model: type[V], user: User, row_id: str, missing: Problem, version: str | None
) -> tuple[Relationship, V]:
    """Return a row that can be written, in this version if one is given, and its relationship; one read.

    Raises what `read_writable` raises, and VersionMismatch if the row has another version.
    """
    relationship, row = read_writable(model, user, row_id, missing)
    if version is not None and str(row.version) != version:
        raise VersionMismatch
    return relationship, row


def require(unit: UnitOfWork, relationship_id: str, user_id: str) -> None:
    """Require in the transaction that the member may write joint rows of the relationship."""
    relationships.require_writable(unit.transaction, relationship_id, user_id)


def stage_open(unit: UnitOfWork, relationship_id: str, user_id: str, entry: tuple[OpenRows, str]) -> Relationship:
    """Add an id to the relationship's open rows, within the cap; one read. Returns the relationship as it was.

    Raises RelationshipPaused, RelationshipEnded, PremiumRequired, CapReached.
    """
    kind, _ = entry
    relationship, now = relationships.get_relationship(relationship_id), clock.now()
    relationship_state.require_writable(relationship, user_id)
    count = len(getattr(relationship, kind.value) or ())
    caps.require_room(kind, count, is_premium(relationship.premium_until, now))
    open_rows.stage_opened(unit.transaction, relationship_id, user_id, entry, now)
    return relationship


def stage_close(unit: UnitOfWork, relationship_id: str, user_id: str, entry: tuple[OpenRows, str]) -> None:
    """Remove an id from the relationship's open rows; an id that is not among them changes nothing."""
    kind, row_id = entry
    open_rows.stage_closed(unit.transaction, relationship_id, user_id, kind, [row_id])
