"""The streak of a couple, as the relationship's row holds it."""

from __future__ import annotations

from chalicelib.together.domain.stored_streaks import earlier_today, paused_dates, streak_of
from chalicelib.together.domain.streaks import Streak
from chalicelib.together.models import Relationship, User


def read_couple_streak(relationship: Relationship, *members: User | None) -> Streak:
    """Return the streak of the members (None: erased) today; today is the earlier of theirs."""
    zones = {member.id: member.timezone for member in members if member is not None}
    paused = paused_dates(relationship.pauses, zones)
    return streak_of(relationship, earlier_today(zones.values()), paused)
