"""Retention and personal data of together's tables.

A member's own rows are deleted. Joint rows stay with the partner, under a pseudonym. Check-ins, notices and talks are their
author's.
"""

from __future__ import annotations

from chalicelib.kit.data_policy import ExpiryAction, ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    KeepWhileShared,
    OwnerFilter,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
)
from chalicelib.together.models import (
    Achievement,
    Activity,
    Block,
    Booking,
    Challenge,
    Conversation,
    DailyCheckin,
    Idea,
    ImportantDate,
    Membership,
    Notification,
    Partner,
    Perk,
    Relationship,
    RelationshipScore,
    SharedGoal,
    User,
)

MEMBER = SubjectType.MEMBER
_MEMBERSHIPS = "together/memberships"
_JOINT = "the partner keeps the joint rows"
_SMALL_ROWS = "erasures are rare, and memberships are small"
_MENTIONS = {"ended_by": Redaction.PSEUDONYM_WITHIN, "pauses": Redaction.PSEUDONYM_WITHIN}
"""Columns of a relationship that may name either member."""

RULES: tuple[RetentionRule, ...] = (
    RetentionRule("together/perks", Perk, "updated_at", Perk.KEEP, ExpiryAction.DELETE),
)


def _own(column: str) -> tuple[SubjectQuery, ...]:
    """Return the query of a table whose hash key is the member."""
    return (SubjectQuery(MEMBER, ByKey(column, "{id}")),)


def _authored(author: str) -> tuple[SubjectQuery, ...]:
    """Return the query of rows of a relationship that belong to their author alone."""
    return (
        SubjectQuery(
            MEMBER,
            ViaTable(_MEMBERSHIPS, ByKey("relationship_id", "{relationship_id}")),
            owner=OwnerFilter(column=author),
        ),
    )


def _joint(column: str = "relationship_id") -> SubjectQuery:
    """Return the query that deletes joint rows, unless the other member still has a place in the relationship."""
    return SubjectQuery(
        MEMBER,
        ViaTable(_MEMBERSHIPS, ByKey(column, "{relationship_id}")),
        KeepWhileShared("member:{user_id}", reason=_JOINT, scan_reason=_SMALL_ROWS),
    )


def _created(author: str) -> tuple[SubjectQuery, ...]:
    """Return the queries of joint rows: they stay while the partner does, and their author becomes a pseudonym."""
    return (
        _joint(),
        SubjectQuery(
            MEMBER,
            ViaTable(_MEMBERSHIPS, ByKey("relationship_id", "{relationship_id}")),
            Redact({author: Redaction.PSEUDONYM}, reason=_JOINT),
            OwnerFilter(column=author),
        ),
    )


TABLE_POLICIES = (
    TablePolicy("together/daily_checkins", DailyCheckin, queries=_authored("user_id")),
    TablePolicy("together/communication_log", Conversation, queries=_authored("initiated_by")),
    TablePolicy("together/important_dates", ImportantDate, queries=_created("created_by")),
    TablePolicy("together/shared_goals", SharedGoal, queries=_created("created_by")),
    TablePolicy("together/activities", Activity, queries=_created("created_by")),
    TablePolicy("together/challenges", Challenge, queries=(_joint(),)),
    TablePolicy("together/achievements", Achievement, queries=(_joint(), *_authored("earned_by"))),
    TablePolicy(
        "together/relationship_analytics",
        RelationshipScore,
        queries=(SubjectQuery(MEMBER, ViaTable(_MEMBERSHIPS, ByKey("relationship_id", "{relationship_id}"))),),
    ),
    TablePolicy(
        "together/relationships",
        Relationship,
        queries=(
            _joint("id"),
            SubjectQuery(
                MEMBER,
                ViaTable(_MEMBERSHIPS, ByKey("id", "{as_user_1}")),
                Redact(
                    {"user_1_id": Redaction.PSEUDONYM, "invited_email": Redaction.REMOVED, **_MENTIONS}, reason=_JOINT
                ),
            ),
            SubjectQuery(
                MEMBER,
                ViaTable(_MEMBERSHIPS, ByKey("id", "{as_user_2}")),
                Redact({"user_2_id": Redaction.PSEUDONYM, **_MENTIONS}, reason=_JOINT),
            ),
        ),
    ),
    TablePolicy("together/notifications", Notification, queries=_own("user_id")),
    TablePolicy(
        "together/blocks",
        Block,
        queries=(
            *_own("user_id"),
            SubjectQuery(MEMBER, ByScan(column="blocked_id", value="{id}", reason="the table has few rows")),
        ),
    ),
    TablePolicy("together/ideas", Idea, queries=_own("user_id")),
    TablePolicy("together/perks", Perk, queries=_own("user_id")),
    TablePolicy("together/partners", Partner),
    TablePolicy(
        "together/bookings",
        Booking,
        queries=(
            SubjectQuery(
                MEMBER,
                ByIndex("user_id", "{id}"),
                Redact(
                    {"user_id": Redaction.PSEUDONYM, "activity_id": Redaction.REMOVED}, reason="accounts of partners"
                ),
            ),
        ),
    ),
    TablePolicy(_MEMBERSHIPS, Membership, queries=_own("user_id"), erase_last=True),
    TablePolicy("together/users", User, queries=_own("id"), erase_last=True, unique_values=(("email", "email"),)),
)
OBJECT_PREFIXES: tuple[ObjectPrefix, ...] = ()
