"""Tables of what a couple plans: goals, activities, challenges, achievements."""

from __future__ import annotations

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import ActivityKind, ActivityStatus, ChallengeStatus, Difficulty, GoalStatus


class GoalsByRelationshipStatus(GlobalSecondaryIndex["SharedGoal"]):
    """A relationship's goals of one status."""

    class Meta:
        index_name = "by_relationship_status"
        projection = KeysOnlyProjection()

    relationship_status = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class SharedGoal(Table):
    """A goal. `relationship_status` is `<relationship_id>#<status>`."""

    class Meta:
        table_name = tables.name("together", "shared_goals")

    by_relationship_status = GoalsByRelationshipStatus()

    id = UnicodeAttribute(personal=False, range_key=True)
    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    title = UnicodeAttribute(personal=True)
    description = UnicodeAttribute(personal=True, null=True)
    category = UnicodeAttribute(personal=True, null=True)
    target_count = IntegerAttribute(personal=False, null=True)
    current_progress = IntegerAttribute(personal=False, default=0)
    target_date = DateAttribute(personal=False, null=True)
    status = EnumAttribute(GoalStatus, personal=False, default=GoalStatus.ACTIVE)
    created_by = UnicodeAttribute(personal=True)
    completed_at = DateTimeAttribute(personal=False, null=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    relationship_status = UnicodeAttribute(personal=True)


class ActivitiesByRelationshipStatus(GlobalSecondaryIndex["Activity"]):
    """A relationship's activities of one status, in date order."""

    class Meta:
        index_name = "by_relationship_status"
        projection = KeysOnlyProjection()

    relationship_status = UnicodeAttribute(personal=True, hash_key=True)
    listed_at = UnicodeAttribute(personal=False, range_key=True)


class ActivitiesByRelationship(GlobalSecondaryIndex["Activity"]):
    """A relationship's activities in date order."""

    class Meta:
        index_name = "by_relationship"
        projection = KeysOnlyProjection()

    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    listed_at = UnicodeAttribute(personal=False, range_key=True)


class Activity(Table):
    """An activity. `listed_at` is its completion, else its plan, else its creation, and then its id.

    `relationship_status` is `<relationship_id>#<status>`.
    """

    class Meta:
        table_name = tables.name("together", "activities")

    by_relationship_status = ActivitiesByRelationshipStatus()
    by_relationship = ActivitiesByRelationship()

    id = UnicodeAttribute(personal=False, range_key=True)
    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    title = UnicodeAttribute(personal=True)
    description = UnicodeAttribute(personal=True, null=True)
    kind = EnumAttribute(ActivityKind, personal=False)
    location = UnicodeAttribute(personal=True, null=True)
    planned_at = DateTimeAttribute(personal=False, null=True)
    completed_at = DateTimeAttribute(personal=False, null=True)
    cost = DecimalAttribute(personal=True, null=True)
    currency = UnicodeAttribute(personal=False, null=True)
    satisfaction_user_1 = IntegerAttribute(personal=True, null=True)
    satisfaction_user_2 = IntegerAttribute(personal=True, null=True)
    notes = UnicodeAttribute(personal=True, null=True)
    status = EnumAttribute(ActivityStatus, personal=False, default=ActivityStatus.PLANNED)
    created_by = UnicodeAttribute(personal=True)
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    relationship_status = UnicodeAttribute(personal=True)
    listed_at = UnicodeAttribute(personal=False)


class ChallengesByRelationshipStatus(GlobalSecondaryIndex["Challenge"]):
    """A relationship's challenges of one status."""

    class Meta:
        index_name = "by_relationship_status"
        projection = KeysOnlyProjection()

    relationship_status = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class Challenge(Table):
    """A challenge that was started from a template of the library. `done_days` holds ISO dates, one for each step."""

    class Meta:
        table_name = tables.name("together", "challenges")

    by_relationship_status = ChallengesByRelationshipStatus()

    id = UnicodeAttribute(personal=False, range_key=True)
    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    template = UnicodeAttribute(personal=False)
    template_version = IntegerAttribute(personal=False)
    title = UnicodeAttribute(personal=False)
    description = UnicodeAttribute(personal=False, null=True)
    difficulty = EnumAttribute(Difficulty, personal=False)
    duration_days = IntegerAttribute(personal=False)
    progress = IntegerAttribute(personal=False, default=0)
    done_days = StringListAttribute(personal=False, null=True)
    status = EnumAttribute(ChallengeStatus, personal=False, default=ChallengeStatus.ACTIVE)
    started_at = DateTimeAttribute(personal=False)
    ends_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    relationship_status = UnicodeAttribute(personal=True)


class Achievement(Table):
    """An award. `achievement` is `<rule>`, or `<rule>#<user_id>` for a personal one."""

    class Meta:
        table_name = tables.name("together", "achievements")

    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    achievement = UnicodeAttribute(personal=True, range_key=True)
    title = UnicodeAttribute(personal=False)
    points = IntegerAttribute(personal=False)
    earned_by = UnicodeAttribute(personal=True, null=True)
    earned_at = DateTimeAttribute(personal=False)
