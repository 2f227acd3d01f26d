"""A row of every kind in a relationship, for the tests of what members see, delete and keep."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from chalicelib.kit import clock, ids, secrets
from chalicelib.kit.tables import Table
from chalicelib.together.enums import (
    ActivityKind,
    ConversationKind,
    DateKind,
    Difficulty,
)
from chalicelib.together.models import (
    Achievement,
    Activity,
    Challenge,
    Conversation,
    DailyCheckin,
    ImportantDate,
    RelationshipScore,
    SharedGoal,
    User,
)

OWN = (DailyCheckin, Conversation)
"""Tables whose rows are their author's alone."""
JOINT = (ImportantDate, SharedGoal, Activity, Challenge)
SCORED = (RelationshipScore,)


def add_rows(author: User, relationship_id: str, slot: int) -> None:
    """Write one row of each kind; each text that the member types contains their id."""
    now, typed = clock.now(), f"typed by {author.id}"
    common: dict[str, Any] = {"created_at": now, "updated_at": now}
    rating: dict[str, Any] = {f"satisfaction_user_{slot}": 8}
    rows: list[Table] = [
        DailyCheckin(
            relationship_id,
            f"{now.date()}#{author.id}",
            user_id=author.id,
            checkin_date=now.date(),
            connection_score=7,
            mood_score=7,
            relationship_satisfaction=7,
            gratitude_note=typed,
            timezone="UTC",
            recorded_at=now,
            **common,
        ),
        Conversation(
            relationship_id,
            ids.time_ordered(),
            initiated_by=author.id,
            kind=ConversationKind.DEEP_TALK,
            topic=typed,
            notes=secrets.encrypt(typed, f"talk/{author.id}"),
            occurred_at=now,
            created_at=now,
        ),
        ImportantDate(
            relationship_id,
            ids.new(),
            title="The first day",
            date_value=now.date(),
            kind=DateKind.OTHER,
            created_by=author.id,
            **common,
        ),
        SharedGoal(
            relationship_id,
            ids.new(),
            title="Learn to sail",
            created_by=author.id,
            relationship_status=f"{relationship_id}#active",
            **common,
        ),
        Activity(
            relationship_id,
            ids.new(),
            title="A walk",
            kind=ActivityKind.OTHER,
            created_by=author.id,
            relationship_status=f"{relationship_id}#planned",
            listed_at=clock.iso(now),
            **rating,
            **common,
        ),
        Challenge(
            relationship_id,
            ids.new(),
            template="walk",
            template_version=1,
            title="Seven walks",
            difficulty=Difficulty.EASY,
            duration_days=7,
            started_at=now,
            ends_at=now + timedelta(days=10),
            relationship_status=f"{relationship_id}#active",
            **common,
        ),
        Achievement(
            relationship_id, f"streak_7#{author.id}", title="A week", points=5, earned_by=author.id, earned_at=now
        ),
        Achievement(relationship_id, "first_goal", title="A goal", points=5, earned_at=now),
        RelationshipScore(relationship_id, now.date(), health_score=Decimal("70.5"), method=1, computed_at=now),
    ]
    for row in rows:
        row.save()


def count_rows(model: type[Table], relationship_id: str) -> int:
    """Return the number of rows of the relationship."""
    return len(list(model.query(relationship_id, consistent_read=True)))
