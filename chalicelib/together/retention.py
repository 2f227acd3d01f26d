"""Retention and personal data of together's tables.

A member's own rows are deleted. Joint rows stay with the partner, under a pseudonym. Check-ins, notices and talks are their
author's.
"""

from __future__ import annotations

from dataclasses import replace

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
from chalicelib.together.domain.sealed_columns import address_context, notes_context
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
_NOT_SHOWN = ("invite_code", *_MENTIONS)
"""Columns of a relationship that no member sees: nobody learns who ended it."""

RULES: tuple[RetentionRule, ...] = (
    RetentionRule("together/perks", Perk, "updated_at", Perk.KEEP, ExpiryAction.DELETE),
)


def _own(column: str, *hidden_columns: str) -> tuple[SubjectQuery, ...]:
    """Return the query of a table whose hash key is the member."""
    return (SubjectQuery(MEMBER, ByKey(column, "{id}"), hidden_columns=hidden_columns),)


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


def _rated(slot: str, own: str, other: str) -> SubjectQuery:
    """Return the query of the activities of a member's slot: an erasure removes their rating, an export hides the other's."""
    return SubjectQuery(
        MEMBER,
        ViaTable(_MEMBERSHIPS, ByKey("relationship_id", slot)),
        Redact({own: Redaction.REMOVED}, reason=_JOINT),
        hidden_columns=(other,),
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
    TablePolicy(
        "together/communication_log",
        Conversation,
        queries=_authored("initiated_by"),
        encrypted_columns={"notes": notes_context("{relationship_id}", "{id}")},
    ),
    TablePolicy("together/important_dates", ImportantDate, queries=_created("created_by")),
    TablePolicy("together/shared_goals", SharedGoal, queries=_created("created_by")),
    TablePolicy(
        "together/activities",
        Activity,
        queries=(
            *_created("created_by"),
            _rated("{as_user_1}", "satisfaction_user_1", "satisfaction_user_2"),
            _rated("{as_user_2}", "satisfaction_user_2", "satisfaction_user_1"),
        ),
    ),
    TablePolicy("together/challenges", Challenge, queries=(_joint(),)),
    TablePolicy(
        "together/achievements",
        Achievement,
        queries=(
            replace(_joint(), is_exported=False),
            replace(_joint(), owner=OwnerFilter(column="earned_by", unowned=True)),
            *_authored("earned_by"),
        ),
    ),
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
                hidden_columns=("user_2_id", *_NOT_SHOWN),
            ),
            SubjectQuery(
                MEMBER,
                ViaTable(_MEMBERSHIPS, ByKey("id", "{as_user_2}")),
                Redact({"user_2_id": Redaction.PSEUDONYM, **_MENTIONS}, reason=_JOINT),
                hidden_columns=("user_1_id", "invited_email", *_NOT_SHOWN),
            ),
        ),
    ),
    TablePolicy("together/notifications", Notification, queries=_own("user_id")),
    TablePolicy(
        "together/blocks",
        Block,
        queries=(
            *_own("user_id"),
            SubjectQuery(
                MEMBER, ByScan(column="blocked_id", value="{id}", reason="the table has few rows"), is_exported=False
            ),
        ),
    ),
    TablePolicy("together/ideas", Idea, queries=_own("user_id")),
    TablePolicy(
        "together/perks",
        Perk,
        queries=_own("user_id"),
        encrypted_columns={"address": address_context("{user_id}", "{perk}")},
    ),
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
        note="The partner's reference is kept: it identifies the commission in their accounts.",
    ),
    TablePolicy(_MEMBERSHIPS, Membership, queries=_own("user_id"), erase_last=True),
    TablePolicy(
        "together/users",
        User,
        queries=_own("id", "password_hash", "partner_id"),
        erase_last=True,
        unique_values=(("email", "email"),),
    ),
)
OBJECT_PREFIXES: tuple[ObjectPrefix, ...] = ()
