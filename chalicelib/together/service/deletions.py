"""Delete one's own rows of an ended relationship; the joint ones are deleted once both members have deleted theirs."""

from __future__ import annotations

from chalicelib.kit import logs, messages
from chalicelib.kit.data_subjects import SubjectType, pseudonym
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.errors import RelationshipOpen
from chalicelib.together.models import User
from chalicelib.together.repository import joint_rows, memberships, own_rows, relationships
from chalicelib.together.schemas.messages import RowsDeleted

log = logs.logger("together.deletions")


def request_deletion(user: User, relationship_id: str) -> None:
    """Queue the deletion of the member's rows. Raises RelationshipNotFound, RelationshipOpen if it has not ended."""
    if relationships.get_of_member(relationship_id, user.id).status is not RelationshipStatus.ENDED:
        raise RelationshipOpen
    messages.publish(RowsDeleted(user_id=user.id, relationship_id=relationship_id))


def delete_rows(message: RowsDeleted) -> None:
    """Delete the member's rows; joint ones lose their name, or are deleted if the other member has no place there.

    The member's place goes last but for joint rows, so that of two concurrent deletions at least one sees that no member
    is left. A repeat continues where a crash stopped: it needs the relationship's row only, which is deleted last.
    """
    user_id = message.user_id
    [relationship] = relationships.find_relationships([message.relationship_id])
    if relationship is None or relationship.status is not RelationshipStatus.ENDED:
        log.info("deletion ignored: the relationship is gone or has not ended")
        return
    own_rows.delete_authored(relationship.id, user_id)
    name = pseudonym(f"{SubjectType.MEMBER}:{user_id}")
    joint_rows.replace_author(relationship, user_id, name)
    memberships.delete_membership(user_id, relationship.id)
    if not memberships.has_other_member(relationship, user_id):
        joint_rows.delete_all(relationship.id)
        relationships.delete_relationship(relationship.id)
        return
    relationships.replace_member(relationship, user_id, name)
