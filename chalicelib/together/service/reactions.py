"""What follows a check-in: awards, the partner's notice, an event for analytics, scores. Safe to repeat."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock, ids, logs, messages
from chalicelib.kit.errors import Unauthenticated
from chalicelib.together.domain import day_ends
from chalicelib.together.domain.achievements import STREAK_LENGTHS, achievement_key, rule_of
from chalicelib.together.domain.couple_days import counts_for_couple
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import NotificationKind, RelationshipStatus
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import DailyCheckin, User
from chalicelib.together.repository import achievements, checkins, memberships, scores
from chalicelib.together.repository.checkins import DayRows
from chalicelib.together.schemas.messages import CheckinRecorded, ScoreRequested
from chalicelib.together.service import measurement
from chalicelib.together.service.achievements import award_achievement
from chalicelib.together.service.notifications import add_notice

ACTION_URL = "/together/app#today"
_NAMESPACE = "0f6d2a0e-6c1f-4a55-8f63-2f6a7f3f4a11"

log = logs.logger("together.reactions")


def react_to_checkin(message: CheckinRecorded) -> None:
    """Give the awards of the streaks, add the partner's notice, and have the scores computed.

    A check-in that was deleted, or whose space the member has left, is ignored.
    """
    rows = _find_rows(message)
    if rows is None or rows.mine is None:
        log.info("check-in ignored: it is gone, or the member has left the space")
        return
    _give_awards(rows, message.occurred_at)
    event_id = ids.derived(_NAMESPACE, rows.relationship.id, rows.mine.checkin)
    measurement.track_event(rows.member, "checkin_submitted", rows.mine.created_at, event_id)
    is_active = rows.relationship.status is RelationshipStatus.ACTIVE and rows.partner is not None
    if is_active and counts_for_couple(rows.mine, rows.relationship.activated_at):
        _notify_partner(rows, rows.mine)
        _request_scores(rows)


def _find_rows(message: CheckinRecorded) -> DayRows | None:
    """Return the rows of the date; None if the member or the relationship is gone, or the member has left it."""
    try:
        rows = checkins.read_day(User(message.user_id, relationship_id=message.relationship_id), message.checkin_date)
    except (Unauthenticated, RelationshipNotFound):
        return None
    return rows if rows.relationship.id == message.relationship_id else None


def _give_awards(rows: DayRows, since: datetime) -> None:
    """Give what the streaks have earned. An award that is newer than the message is repeated, for its notices.

    A personal award is given once, in whichever relationship the member was.
    """
    user_id, relationship_id = rows.member.id, rows.relationship.id
    earned = _earned_rules(rows)
    existing = achievements.find_awards([(relationship_id, achievement_key(rule, by)) for rule, by in earned])
    missing = [entry for entry, row in zip(earned, existing, strict=True) if row is None]
    former = _former_awards(user_id, relationship_id, [rule for rule, by in missing if by])
    for (rule, by), row in zip(earned, existing, strict=True):
        is_new = row is None and rule not in former
        if is_new or (row is not None and row.earned_at >= since):
            award_achievement(relationship_id, rule, clock.now(), by)


def _earned_rules(rows: DayRows) -> list[tuple[str, str | None]]:
    """Return the rules that are fulfilled, each with its member (None: the couple's)."""
    user_id, longest = rows.member.id, rows.member.streak_longest
    rules: list[tuple[str, str | None]] = [("first_checkin", user_id)]
    rules += [(f"personal_streak_{days}", user_id) for days in STREAK_LENGTHS if longest >= days]
    return rules + [
        (f"couple_streak_{days}", None) for days in STREAK_LENGTHS if rows.relationship.streak_longest >= days
    ]


def _former_awards(user_id: str, relationship_id: str, rules: list[str]) -> set[str]:
    """Return the rules that the member was awarded in another relationship; no read without rules."""
    if not rules:
        return set()
    others = [each for each in memberships.list_relationship_ids(user_id) if each != relationship_id]
    keys = [(each, achievement_key(rule, user_id)) for each in others for rule in rules]
    return {rule_of(row.achievement) for row in achievements.find_awards(keys) if row is not None}


def _notify_partner(rows: DayRows, row: DailyCheckin) -> None:
    """Add the notice of the partner, one for each check-in however often it changes."""
    add_notice(
        Notice(
            str(rows.partner_id),
            NotificationKind.PARTNER_ACTIVITY,
            f"checkin/{row.relationship_id}/{row.checkin_date}",
            "Your partner has checked in",
            "Open the app to see your day together.",
            row.created_at,
            action_url=ACTION_URL,
            relationship_id=row.relationship_id,
            subject_id=str(row.checkin_date),
        )
    )


def _request_scores(rows: DayRows) -> None:
    """Request the scores of the date, and make sure that those of the days that end are due."""
    relationship, now = rows.relationship, clock.now()
    messages.publish(ScoreRequested(relationship_id=relationship.id, dates=(rows.day,)))
    if day_ends.is_stale(relationship.score_due, now):
        zones = [member.timezone for member in (rows.member, rows.partner) if member]
        scores.set_due(relationship, day_ends.score_due(now, zones, relationship.id), None)
