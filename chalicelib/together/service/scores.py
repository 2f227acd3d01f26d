"""Scores of a couple's days: computed from the rows, set and not counted, so that a repeated message changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.kit import clock, logs
from chalicelib.together.domain import day_ends, health
from chalicelib.together.domain.couple_days import counts_for_couple
from chalicelib.together.domain.day_scores import CHECKIN_DAYS, PLAN_SPAN, DayScore, History, score_of, touched_days
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.relationship_state import is_couple
from chalicelib.together.domain.stored_streaks import paused_dates
from chalicelib.together.domain.streaks import unpaused_dates
from chalicelib.together.domain.visibility import RowFacts, RowKind, can_read
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Conversation, Relationship, RelationshipScore, User
from chalicelib.together.repository import checkins, relationships, scores, users
from chalicelib.together.schemas.messages import ScoreRequested
from chalicelib.together.service import digests

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

log = logs.logger("together.scores")


@dataclass(frozen=True, slots=True)
class _Couple:
    """A couple, active or paused, with both members."""

    relationship: Relationship
    members: tuple[User, User]

    @property
    def zones(self) -> list[str]:
        return [member.timezone for member in self.members]


def score_days(message: ScoreRequested) -> None:
    """Compute the scores that depend on the message's dates; without dates, those of the days that are over."""
    couple = _find_couple(message.relationship_id)
    if couple is None:
        log.info("score skipped: the relationship is no couple")
    elif message.dates:
        today = max(local_date(clock.now(), zone) for zone in couple.zones)
        _score(couple, touched_days(message.dates, today))
    else:
        _close_days(couple)


def _find_couple(relationship_id: str) -> _Couple | None:
    [relationship] = relationships.find_relationships([relationship_id])
    if relationship is None or not is_couple(relationship) or relationship.user_2_id is None:
        return None
    one, two = users.find_users([relationship.user_1_id, relationship.user_2_id])
    return _Couple(relationship, (one, two)) if one and two else None


def _close_days(couple: _Couple) -> None:
    """Score the days that are over and have no score yet, at most seven, and store when the next one is due."""
    now, relationship = clock.now(), couple.relationship
    over, scored_until = day_ends.last_day_over(now, couple.zones), relationship.scored_until
    first = over if scored_until is None else max(scored_until + _DAY, over - _WEEK + _DAY)
    days = [first + number * _DAY for number in range((over - first).days + 1)]
    _score(couple, days)
    if relationship.status is RelationshipStatus.ACTIVE:
        digests.add_digests(relationship, couple.members, days)
    today = max(local_date(now, zone) for zone in couple.zones)
    recent = checkins.list_between(relationship.id, over - _WEEK, today)
    is_used = any(counts_for_couple(row, relationship.activated_at) for row in recent)
    due = day_ends.score_due(now, couple.zones, relationship.id) if is_used else None
    scores.set_due(relationship, due, max(over, scored_until or over))


def _score(couple: _Couple, days: Sequence[date]) -> None:
    """Compute and store the scores of the days, which are in order. A pause has no scores."""
    if not days or couple.relationship.status is not RelationshipStatus.ACTIVE:
        return
    computed_at = clock.now()
    history = _read_history(couple, days)
    stored = {row.date: row for row in scores.list_scores(couple.relationship.id, days[0] - 2 * _WEEK, days[-1])}
    results: dict[date, Decimal | None] = {day: row.health_score for day, row in stored.items()}
    for day in days:
        score = score_of(history, day, day_ends.day_end(day, couple.zones))
        results[day] = score.health_score
        row = _row_of(couple, score, computed_at)
        row.trend = health.trend(_week(results, day), _week(results, day - _WEEK))
        scores.save_score(row)


def _week(results: dict[date, Decimal | None], end: date) -> list[Decimal | None]:
    return [results.get(end - number * _DAY) for number in range(7)]


def _read_history(couple: _Couple, days: Sequence[date]) -> History:
    relationship, zones = couple.relationship, couple.zones
    since = day_ends.day_end(days[0], zones) - PLAN_SPAN
    one, two = couple.members
    return History(
        (one.id, two.id),
        relationship.activated_at,
        checkins.list_between(relationship.id, days[0] - (CHECKIN_DAYS - 1) * _DAY, days[-1]),
        scores.list_activity_completions(relationship.id, since),
        _shared_talks(couple, scores.list_talks(relationship.id, since)),
        scores.list_goal_completions(relationship.id),
        scores.list_challenge_completions(relationship.id),
    )


def _shared_talks(couple: _Couple, talks: Iterable[Conversation]) -> list[tuple[datetime, int]]:
    """Return times and minutes of the talks that both members may read."""
    return [
        (talk.occurred_at, talk.duration_minutes)
        for talk in talks
        if talk.duration_minutes
        and all(
            can_read(
                RowKind.CONVERSATION,
                RowFacts(talk.initiated_by, talk.created_at, talk.is_private, talk.in_pause),
                member.id,
                couple.relationship,
            )
            for member in couple.members
        )
    ]


def _row_of(couple: _Couple, score: DayScore, computed_at: datetime) -> RelationshipScore:
    averages = score.averages or (None, None, None)
    return RelationshipScore(
        couple.relationship.id,
        score.day,
        health_score=score.health_score,
        components=score.components,
        method=health.METHOD,
        connection_avg=averages[0],
        satisfaction_avg=averages[1],
        mood_avg=averages[2],
        checkin_streak=_streak_on(couple, score.day),
        activities_completed=score.counts.activities,
        goals_completed=score.goals,
        communication_minutes=score.counts.minutes,
        computed_at=computed_at,
    )


def _streak_on(couple: _Couple, day: date) -> int:
    """Return the length of the couple's run on the day, 0 outside the latest run."""
    start, end = couple.relationship.streak_start, couple.relationship.streak_end
    if start is None or end is None or not start <= day <= end:
        return 0
    zones = {member.id: member.timezone for member in couple.members}
    return unpaused_dates(start.toordinal(), day.toordinal(), paused_dates(couple.relationship.pauses, zones))
