"""Awards: each is given once, and its members get a notice."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import relationship_state
from chalicelib.together.domain.achievements import OWN_RULES, achievement_key, rule_of
from chalicelib.together.domain.notices import Notice
from chalicelib.together.domain.visibility import Access, RowFacts, RowKind
from chalicelib.together.enums import NotificationKind
from chalicelib.together.errors import RelationshipEnded, RelationshipNotFound, RelationshipPaused
from chalicelib.together.models import Achievement, Relationship, User
from chalicelib.together.repository import achievements, relationships
from chalicelib.together.schemas.achievements import AchievementRead, AchievementsRead
from chalicelib.together.service.notifications import add_notice
from chalicelib.together.service.viewers import Viewer, viewer_of

ACTION_URL = "/together/app#achievements"


def award_achievement(relationship_id: str, rule: str, earned_at: datetime, user_id: str | None = None) -> bool:
    """Give an award of `domain/achievements.py` once, and send its notices; return whether it is new.

    `user_id` is the member of a personal award. A repeated call sends missing notices: it is safe to retry. A relationship
    that is paused or has ended gets no award.
    """
    key = achievement_key(rule, user_id)
    relationship = relationships.get_relationship(relationship_id)

    def decide(unit: UnitOfWork) -> tuple[Achievement | None, bool]:
        row = achievements.find(relationship_id, key)
        if row is not None:
            return row, False
        if not _can_earn(relationships.get_relationship(relationship_id), user_id):
            return None, False
        writer = user_id or relationship.user_1_id
        relationships.require_writable(unit.transaction, relationship_id, writer)
        return achievements.stage_award(unit.transaction, relationship_id, key, user_id, earned_at), True

    row, is_new = run_unit_of_work(decide)
    if row is not None:
        notify_of_award(relationship, row)
    return is_new


def stage_first_award(
    unit: UnitOfWork, relationship: Relationship, rule: str, now: datetime, user_id: str | None = None
) -> Achievement | None:
    """Stage an award in a transaction that checks the relationship; return it, None if it was given before.

    The caller passes it to `notify_of_award` after the commit.
    """
    key = achievement_key(rule, user_id)
    if achievements.find(relationship.id, key) is not None:
        return None
    return achievements.stage_award(unit.transaction, relationship.id, key, user_id, now)


def notify_of_award(relationship: Relationship, row: Achievement) -> None:
    """Add the notices of an award: to its member, or to both members of the couple. Repeated, it changes nothing."""
    members = [row.earned_by] if row.earned_by else [relationship.user_1_id, relationship.user_2_id]
    for user_id in filter(None, members):
        add_notice(
            Notice(
                user_id,
                NotificationKind.ACHIEVEMENT,
                f"achievement/{relationship.id}/{rule_of(row.achievement)}",
                row.title,
                f"You earned {row.points} points.",
                row.earned_at,
                action_url=ACTION_URL,
                relationship_id=relationship.id,
                subject_id=rule_of(row.achievement),
            )
        )


def list_achievements(user: User, relationship_id: str | None) -> AchievementsRead:
    """Return the awards of a relationship that the member may see, oldest first. Raises RelationshipNotFound."""
    viewer = viewer_of(user, relationship_id)
    rows = [row for row in achievements.list_by_relationship(viewer.relationship.id) if _is_shown(row, viewer)]
    items = [_to_read(row, user.id) for row in sorted(rows, key=lambda row: (row.earned_at, row.achievement))]
    return AchievementsRead(items=items, points=sum(item.points for item in items))


def _can_earn(relationship: Relationship, user_id: str | None) -> bool:
    try:
        relationship_state.require_writable(relationship, user_id or relationship.user_1_id)
    except (RelationshipNotFound, RelationshipPaused, RelationshipEnded):
        return False
    return True


def _is_shown(row: Achievement, viewer: Viewer) -> bool:
    if rule_of(row.achievement) in OWN_RULES and row.earned_by != viewer.user_id:
        return False
    access = viewer.access(RowKind.ACHIEVEMENT, RowFacts(author_id=row.earned_by, recorded_at=row.earned_at))
    return access in (Access.ALL, Access.WITHOUT_PARTNER)


def _to_read(row: Achievement, user_id: str) -> AchievementRead:
    return AchievementRead(
        rule=rule_of(row.achievement),
        title=row.title,
        points=row.points,
        is_personal=row.earned_by is not None,
        is_mine=row.earned_by == user_id,
        earned_at=row.earned_at,
    )
