"""Tables of the couples: relationships, memberships, blocks."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateAttribute,
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    StringSetAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import RelationshipStatus, RelationshipType


class RelationshipsByScoreDue(GlobalSecondaryIndex["Relationship"]):
    """The relationships whose scores are due in an hour. Sparse."""

    class Meta:
        index_name = "by_score_due"
        projection = KeysOnlyProjection()

    score_due = UnicodeAttribute(personal=False, hash_key=True, null=True)
    id = UnicodeAttribute(personal=True, range_key=True)


class Relationship(Table):
    """A couple, or a space of one member (`user_2_id` is null).

    `invite_code` is a keyed digest of the code. Nothing that was recorded before `activated_at` is shown to the partner.
    `premium_until` is the latest end of premium of its members. `pauses` is a list of `[from, to or null, by]`, at most
    50. `ended_by` never leaves the service. The string sets hold the ids of the open rows; the conditions of the caps
    read them. `score_due` is `<UTC hour>#<shard>`. `expires_epoch` is for a space that its only member left empty.
    """

    class Meta:
        table_name = tables.name("together", "relationships")

    by_score_due = RelationshipsByScoreDue()

    id = UnicodeAttribute(personal=True, hash_key=True)
    user_1_id = UnicodeAttribute(personal=True)
    user_2_id = UnicodeAttribute(personal=True, null=True)
    status = EnumAttribute(RelationshipStatus, personal=False)
    relationship_type = EnumAttribute(RelationshipType, personal=False, default=RelationshipType.PARTNERS)
    start_date = DateAttribute(personal=True, null=True)
    anniversary_date = DateAttribute(personal=True, null=True)
    invite_code = UnicodeAttribute(personal=False, null=True)
    invited_email = UnicodeAttribute(personal=True, null=True)
    invite_expires_at = DateTimeAttribute(personal=False, null=True)
    activated_at = DateTimeAttribute(personal=False, null=True)
    premium_until = DateTimeAttribute(personal=False, null=True)
    pauses = JsonAttribute(personal=True, default=list)
    ended_by = UnicodeAttribute(personal=True, null=True)
    ended_at = DateTimeAttribute(personal=False, null=True)
    streak_start = DateAttribute(personal=False, null=True)
    streak_end = DateAttribute(personal=False, null=True)
    streak_longest = IntegerAttribute(personal=False, default=0)
    date_ids = StringSetAttribute(personal=True, null=True)
    goal_ids = StringSetAttribute(personal=True, null=True)
    challenge_ids = StringSetAttribute(personal=True, null=True)
    activity_ids = StringSetAttribute(personal=True, null=True)
    score_due = UnicodeAttribute(personal=False, null=True)
    scored_until = DateAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False, null=True)


class Membership(Table):
    """A member's place in a relationship, present or past.

    `as_user_1` or `as_user_2` repeats the relationship's id, in the column of the member's slot.
    """

    class Meta:
        table_name = tables.name("together", "memberships")

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    relationship_id = UnicodeAttribute(personal=True, range_key=True)
    as_user_1 = UnicodeAttribute(personal=True, null=True)
    as_user_2 = UnicodeAttribute(personal=True, null=True)
    joined_at = DateTimeAttribute(personal=False)
    left_at = DateTimeAttribute(personal=False, null=True)


class Block(Table):
    """A member who wants no invitation from another."""

    class Meta:
        table_name = tables.name("together", "blocks")

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    blocked_id = UnicodeAttribute(personal=True, range_key=True)
    created_at = DateTimeAttribute(personal=False)
