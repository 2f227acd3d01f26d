"""The digest of the week of a couple with premium: a notice to each member on Monday, mailed by its own preference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from chalicelib.kit import clock
from chalicelib.together.domain import moments, occurrences, preferences
from chalicelib.together.domain.couple_days import counts_for_couple
from chalicelib.together.domain.digests import (
    AHEAD,
    WeekFacts,
    count_couple_days,
    digest_text,
    ended_weeks,
    week_name,
)
from chalicelib.together.domain.entitlements import is_premium
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import checkins, dates, scores
from chalicelib.together.service.notifications import add_notice

_WEEK = timedelta(days=6)
_DAY = timedelta(days=1)


def add_digests(relationship: Relationship, members: Sequence[User], over: Iterable[date]) -> None:
    """Add the digest of each week that ends with one of these days, which are over and scored. A repeat adds none.

    A couple without premium, or without a check-in in the week, gets none.
    """
    if not is_premium(relationship.premium_until, clock.now()):
        return
    for last_day in ended_weeks(over):
        _add_digest(relationship, members, last_day)


def _add_digest(relationship: Relationship, members: Sequence[User], last_day: date) -> None:
    rows = checkins.list_between(relationship.id, last_day - _WEEK, last_day)
    counted = [row for row in rows if counts_for_couple(row, relationship.activated_at)]
    if not counted:
        return
    days = {user.id: {row.checkin_date for row in counted if row.user_id == user.id} for user in members}
    score = next(iter(scores.list_scores(relationship.id, last_day, last_day)), None)
    ahead = _count_dates(relationship.id, last_day)
    for user in members:
        facts = WeekFacts(
            own_days=len(days[user.id]),
            couple_days=count_couple_days(list(days.values())),
            streak=score.checkin_streak if score else 0,
            score=score.health_score if score else None,
            trend=score.trend if score else None,
            dates_ahead=ahead,
        )
        add_notice(_notice(user, relationship.id, last_day, digest_text(facts)))


def _count_dates(relationship_id: str, last_day: date) -> int:
    """Return the number of dates that occur in the two weeks after the day."""
    rows = dates.list_by_relationship(relationship_id)
    nexts = [occurrences.next_on(row.date_value, row.is_recurring, last_day + _DAY) for row in rows]
    return sum(next_on is not None and next_on <= last_day + AHEAD for next_on in nexts)


def _notice(user: User, relationship_id: str, last_day: date, text: str) -> Notice:
    week = week_name(last_day)
    return Notice(
        user.id,
        NotificationKind.SYSTEM,
        f"{preferences.DIGEST}/{week}",
        "Your week in Together",
        text,
        moments.at(last_day + _DAY, preferences.reminder_hour(user.preferences), user.timezone),
        action_url="/together/app#trend",
        relationship_id=relationship_id,
        subject_id=week,
    )
