"""A couple with 60 days of history for the local stack: they check in, plan, reach goals and talk."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

EMAILS = ("ada@example.com", "ben@example.com")
NAMES = ("Ada", "Ben")
PASSWORD = "two cups of tea at seven"
DAYS = 60
GAPS = ({17, 18, 41}, {5, 18, 30, 44, 52})
"""Days back on which each did not check in."""
GRATITUDE = (
    "You made tea before I woke up.",
    "A long walk without phones.",
    "You listened when I was tired.",
    "We laughed about the burnt cake.",
    "The note in my pocket.",
)
HIGHLIGHTS = ("Breakfast on the balcony", "A call with your mother", "Cooking together", "An evening with a book")


def seed_couple() -> None:
    """Write the couple with their history up to yesterday, unless they exist."""
    from chalicelib.kit import clock
    from chalicelib.together.models import User
    from chalicelib.together.service.customers import register_member

    if User.count(hash_key=_id("user", 0)):
        return
    now = clock.now()
    _write_members(now)
    for user_id in _users():
        register_member(User.get(user_id))
    _write_checkins(now)
    for write in (_write_dates, _write_goals, _write_activities, _write_talks, _write_achievements, _write_scores):
        write(now.date())


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"backroom-demo/{kind}/{number}"))


def _space() -> str:
    return _id("relationship", 0)


def _at(day: date, hour: int = 20) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def _checkin_days(member: int, today: date) -> list[date]:
    return [today - timedelta(back) for back in range(DAYS, 0, -1) if back not in GAPS[member]]


def _couple_days(today: date) -> list[date]:
    return sorted(set(_checkin_days(0, today)) & set(_checkin_days(1, today)))


def _ratings(member: int, day: date) -> tuple[int, int, int]:
    """Return connection, satisfaction and mood of a day: they rise over the weeks and dip now and then."""
    step = day.toordinal()
    rise = (step % DAYS) // 20
    dip = 2 if step % 11 in (3, 4) else 0
    return (
        min(10, 6 + rise - dip + (step + member) % 2),
        min(10, 6 + rise + (step + 2 * member) % 3 - dip),
        min(10, 5 + rise + (step * (member + 3)) % 4 - dip),
    )


def _streak(days: list[date], today: date) -> dict[str, Any]:
    """Return the columns of a streak."""
    from chalicelib.together.domain import streaks

    streak = streaks.of(days, today)
    start = streak.last - timedelta(max(streak.current, 1) - 1) if streak.last else None
    return {"streak_start": start, "streak_end": streak.last, "streak_longest": streak.longest}


def _write_members(now: datetime) -> None:
    """Write both accounts and their relationship."""
    from chalicelib.kit import passwords, unique_values
    from chalicelib.kit.errors import Conflict
    from chalicelib.kit.tables import Transaction
    from chalicelib.together.enums import LoveLanguage, RelationshipStatus, RelationshipType
    from chalicelib.together.models import Membership, Relationship, User

    today, start = now.date(), now - timedelta(DAYS + 1)
    users = _users()
    languages = (LoveLanguage.QUALITY_TIME, LoveLanguage.WORDS_OF_AFFIRMATION)
    stamps: dict[str, Any] = {"created_at": start, "updated_at": now}
    with Transaction() as transaction:
        for number, user_id in enumerate(users):
            transaction.add(
                User(
                    user_id,
                    email=EMAILS[number],
                    password_hash=passwords.hash_password(PASSWORD),
                    display_name=NAMES[number],
                    email_verified=True,
                    relationship_id=_space(),
                    partner_id=users[1 - number],
                    love_language_primary=languages[number],
                    terms_accepted_at=start,
                    **_streak(_checkin_days(number, today), today),
                    **stamps,
                )
            )
            slot: dict[str, Any] = {f"as_user_{number + 1}": _space()}
            transaction.add(Membership(user_id, _space(), joined_at=start, **slot))
            value = unique_values.value_key("together", "users", "email", EMAILS[number])
            unique_values.claim(transaction, value, user_id, Conflict("The address is taken."))
        transaction.add(
            Relationship(
                _space(),
                user_1_id=users[0],
                user_2_id=users[1],
                status=RelationshipStatus.ACTIVE,
                relationship_type=RelationshipType.MARRIED,
                start_date=date(2015, 2, 14),
                anniversary_date=date(2019, 6, 12),
                activated_at=start,
                date_ids={_id("date", number) for number in range(3)},
                goal_ids={_id("goal", number) for number in range(2)},
                activity_ids={_id("activity", 0)},
                scored_until=today - timedelta(1),
                **_streak(_couple_days(today), today),
                **stamps,
            )
        )


def _write_checkins(now: datetime) -> None:
    """Write the check-ins of both; every ninth is private."""
    from chalicelib.together.models import DailyCheckin

    with DailyCheckin.batch_write() as batch:
        for member in (0, 1):
            user_id = _id("user", member)
            for number, day in enumerate(_checkin_days(member, now.date())):
                connection, satisfaction, mood = _ratings(member, day)
                moment = _at(day, 19 + member)
                batch.save(
                    DailyCheckin(
                        _space(),
                        f"{day}#{user_id}",
                        user_id=user_id,
                        checkin_date=day,
                        connection_score=connection,
                        mood_score=mood,
                        relationship_satisfaction=satisfaction,
                        gratitude_note=GRATITUDE[(number + member) % len(GRATITUDE)] if number % 2 else None,
                        highlight=HIGHLIGHTS[number % len(HIGHLIGHTS)] if number % 3 == 0 else None,
                        is_private=number % 9 == 4,
                        timezone="UTC",
                        recorded_at=moment,
                        created_at=moment,
                        updated_at=moment,
                    )
                )


def _users() -> list[str]:
    return [_id("user", number) for number in (0, 1)]


def _write_dates(today: date) -> None:
    from chalicelib.together.domain import occurrences
    from chalicelib.together.enums import DateKind
    from chalicelib.together.models import ImportantDate

    moment = _at(today - timedelta(50))
    dates = (
        ("Our wedding day", date(2019, 6, 12), DateKind.ANNIVERSARY, True),
        ("Ben’s birthday", date(1992, 2, 29), DateKind.BIRTHDAY, True),
        ("Dinner with the Larsens", today + timedelta(12), DateKind.OTHER, False),
    )
    for number, (title, day, kind, is_recurring) in enumerate(dates):
        ImportantDate(
            _space(),
            _id("date", number),
            title=title,
            date_value=day,
            kind=kind,
            is_recurring=is_recurring,
            next_on=occurrences.next_on(day, is_recurring, today),
            created_by=_users()[number % 2],
            created_at=moment,
            updated_at=moment,
        ).save()


def _write_goals(today: date) -> None:
    from chalicelib.together.enums import GoalStatus
    from chalicelib.together.models import SharedGoal

    goals = (
        ("Five dinners without phones", 5, 3, GoalStatus.ACTIVE),
        ("Write our wills", None, 0, GoalStatus.ACTIVE),
        ("Ten walks before breakfast", 10, 10, GoalStatus.COMPLETED),
    )
    for number, (title, target, progress, status) in enumerate(goals):
        SharedGoal(
            _space(),
            _id("goal", number),
            title=title,
            target_count=target,
            current_progress=progress,
            status=status,
            completed_at=_at(today - timedelta(9)) if status is GoalStatus.COMPLETED else None,
            created_by=_users()[number % 2],
            created_at=_at(today - timedelta(40)),
            updated_at=_at(today - timedelta(9)),
            relationship_status=f"{_space()}#{status}",
        ).save()


def _write_activities(today: date) -> None:
    from chalicelib.together.enums import ActivityKind, ActivityStatus
    from chalicelib.together.models import Activity

    activities = (
        ("Dinner at the harbour", ActivityKind.DATE_NIGHT, -5, None),
        ("A day in the botanical garden", ActivityKind.QUALITY_TIME, 8, (9, 8)),
        ("Climbing hall", ActivityKind.ADVENTURE, 21, (7, 9)),
    )
    for number, (title, kind, back, ratings) in enumerate(activities):
        moment, activity_id = _at(today - timedelta(back), 18), _id("activity", number)
        status = ActivityStatus.COMPLETED if ratings else ActivityStatus.PLANNED
        Activity(
            _space(),
            activity_id,
            title=title,
            kind=kind,
            planned_at=moment,
            completed_at=moment if ratings else None,
            satisfaction_user_1=ratings[0] if ratings else None,
            satisfaction_user_2=ratings[1] if ratings else None,
            status=status,
            created_by=_users()[number % 2],
            created_at=_at(today - timedelta(30)),
            updated_at=_at(today - timedelta(5)),
            relationship_status=f"{_space()}#{status}",
            listed_at=f"{moment.isoformat()}#{activity_id}",
        ).save()


def _write_talks(today: date) -> None:
    from chalicelib.together.enums import ConversationKind
    from chalicelib.together.models import Conversation

    talks = (("How we share the housework", 45, False), ("What I want to say about work", 20, True))
    for number, (topic, minutes, is_private) in enumerate(talks):
        moment = _at(today - timedelta(6 * number + 3), 21)
        Conversation(
            _space(),
            _talk_id(moment),
            initiated_by=_users()[0],
            kind=ConversationKind.DEEP_TALK,
            topic=topic,
            duration_minutes=minutes,
            quality_rating=8,
            is_private=is_private,
            occurred_at=moment,
            created_at=moment,
        ).save()


def _write_achievements(today: date) -> None:
    from chalicelib.together.domain.achievements import RULES, achievement_key
    from chalicelib.together.models import Achievement

    for rule, back in (("first_checkin", 60), ("personal_streak_7", 53), ("couple_streak_7", 53)):
        owner = _users()[0] if RULES[rule].is_personal else None
        Achievement(
            _space(),
            achievement_key(rule, owner),
            title=RULES[rule].title,
            points=RULES[rule].points,
            earned_by=owner,
            earned_at=_at(today - timedelta(back)),
        ).save()


def _talk_id(moment: datetime) -> str:
    """Return a UUIDv7 of the moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60 | 1))


def _write_scores(today: date) -> None:
    """Write the scores of the days up to yesterday, by the formula of the app."""
    from chalicelib.together.domain import health
    from chalicelib.together.models import RelationshipScore

    shared = [{day: _ratings(member, day) for day in _shared_days(member, today)} for member in (0, 1)]
    joint, scores = set(_couple_days(today)), dict[date, Decimal | None]()
    with RelationshipScore.batch_write() as batch:
        for back in range(DAYS, 0, -1):
            day = today - timedelta(back)
            week = [day - timedelta(n) for n in range(7)]
            mine, theirs = ([rows[each] for each in week if each in rows] for rows in shared)
            counts = health.Counts(len(joint.intersection(week)), 2, 65, 1)
            parts = health.components(mine, theirs, counts)
            scores[day] = health.score(mine, theirs, *counts)
            if parts is None:
                continue
            connection, satisfaction, mood = map(health.rounded, health.averages(mine, theirs))
            last, before = ([scores.get(day - timedelta(n + skip)) for n in range(7)] for skip in (0, 7))
            batch.save(
                RelationshipScore(
                    _space(),
                    day,
                    health_score=scores[day],
                    components={name: health.rounded(value) for name, value in parts._asdict().items()},
                    method=health.METHOD,
                    connection_avg=connection,
                    satisfaction_avg=satisfaction,
                    mood_avg=mood,
                    activities_completed=counts.activities,
                    goals_completed=counts.finished,
                    communication_minutes=counts.minutes,
                    trend=health.trend(last, before),
                    computed_at=_at(day, 23),
                )
            )


def _shared_days(member: int, today: date) -> list[date]:
    return [day for number, day in enumerate(_checkin_days(member, today)) if number % 9 != 4]
