"""The couple of the local stack."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import passwords
from chalicelib.together.domain import streaks
from chalicelib.together.models import DailyCheckin, Relationship, RelationshipScore, User
from infra.local import couple


def test_the_couple_is_written_once(stopped_clock: datetime) -> None:
    couple.seed_couple()
    first = [row.serialize() for model in (User, Relationship, DailyCheckin, RelationshipScore) for row in model.scan()]
    couple.seed_couple()
    assert [
        row.serialize() for model in (User, Relationship, DailyCheckin, RelationshipScore) for row in model.scan()
    ] == first


def test_the_couple_has_sixty_days_of_history(stopped_clock: datetime) -> None:
    couple.seed_couple()
    today = stopped_clock.date()
    ada, ben = (next(row for row in User.scan() if row.email == email) for email in couple.EMAILS)
    assert passwords.verify_password(ada.password_hash, couple.PASSWORD)
    assert (ada.partner_id, ben.partner_id) == (ben.id, ada.id)
    relationship = Relationship.get(ada.relationship_id)
    days = {
        user.id: [row.checkin_date for row in DailyCheckin.query(relationship.id) if row.user_id == user.id]
        for user in (ada, ben)
    }
    for user in (ada, ben):
        assert min(days[user.id]) == today - timedelta(couple.DAYS)
        _expect_streak(user, streaks.of(days[user.id], today))
    _expect_streak(relationship, streaks.of(set(days[ada.id]) & set(days[ben.id]), today))
    scores = list(RelationshipScore.query(relationship.id))
    assert len(scores) > couple.DAYS - 10
    assert {row.trend for row in scores} > {None}


def _expect_streak(row: User | Relationship, streak: streaks.Streak) -> None:
    assert row.streak_start
    assert row.streak_end
    assert (row.streak_end - row.streak_start).days + 1 == streak.current
    assert (row.streak_end, row.streak_longest) == (streak.last, streak.longest)
