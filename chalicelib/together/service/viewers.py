"""The relationship whose rows a member reads: the present one, or a former one that they name."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.together.domain.relationship_state import other_member
from chalicelib.together.domain.visibility import Access, RowFacts, RowKind, access
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import relationships


@dataclass(frozen=True, slots=True)
class Viewer:
    """A member and the relationship whose rows they read."""

    user_id: str
    relationship: Relationship

    @property
    def is_user_1(self) -> bool:
        return self.relationship.user_1_id == self.user_id

    @property
    def partner_id(self) -> str | None:
        return other_member(self.relationship, self.user_id)

    def access(self, kind: RowKind, facts: RowFacts) -> Access:
        """Return how much of a row the member may read."""
        return access(kind, facts, self.user_id, self.relationship)


def viewer_of(user: User, relationship_id: str | None = None) -> Viewer:
    """Return the member as the reader of their present relationship, or of a former one; one read.

    Raises RelationshipNotFound if the member was never in it.
    """
    present = user.relationship_id
    if relationship_id is None or relationship_id == present:
        if present is None:
            raise RelationshipNotFound
        relationship = relationships.get_relationship(present)
        if user.id not in (relationship.user_1_id, relationship.user_2_id):
            raise RelationshipNotFound
        return Viewer(user.id, relationship)
    return Viewer(user.id, relationships.get_of_member(relationship_id, user.id))
