"""The rows of the dashboard: two reads, by keys that are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from chalicelib.kit import tables
from chalicelib.kit.tables import Table
from chalicelib.together.domain.relationship_state import other_member
from chalicelib.together.errors import RelationshipNotFound
from chalicelib.together.models import Activity, Challenge, DailyCheckin, ImportantDate, Relationship, SharedGoal, User
from chalicelib.together.repository.checkins import checkin_key

T = TypeVar("T", bound=Table)


@dataclass(frozen=True, slots=True)
class SpaceRows:
    """A relationship, the member's partner in it (None in a space of one), and the check-ins of some dates."""

    relationship: Relationship
    partner: User | None
    checkins: list[DailyCheckin]


@dataclass(frozen=True, slots=True)
class DashboardRows:
    """The rows that the relationship's row names as open."""

    dates: list[ImportantDate]
    goals: list[SharedGoal]
    challenges: list[Challenge]
    activities: list[Activity]


def read_space(user: User, days: Iterable[date]) -> SpaceRows:
    """Return the member's relationship, partner and both members' check-ins of these dates: one read.

    A second one follows if the partner of `user` is not the present one. Raises RelationshipNotFound.
    """
    days, space = list(days), str(user.relationship_id)
    partner_id: str | None = user.partner_id
    for _ in range(2):
        members = [each for each in (user.id, partner_id) if each]
        keys: list[tuple[type[Table], tuple[str, ...]]] = [(Relationship, (space,))]
        keys += [(DailyCheckin, (space, checkin_key(day, each))) for day in days for each in members]
        keys += [(User, (partner_id,))] if partner_id else []
        rows = tables.get_many(keys, consistent=True)
        relationship = rows[0]
        if not isinstance(relationship, Relationship):
            break
        if other_member(relationship, user.id) == partner_id:
            return SpaceRows(relationship, next(iter(_of(User, rows)), None), _of(DailyCheckin, rows))
        partner_id = other_member(relationship, user.id)
    raise RelationshipNotFound


def read_open_rows(relationship: Relationship) -> DashboardRows:
    """Return the open rows of the relationship, at most 83: one read, none if nothing is open."""
    sets: list[tuple[Any, set[str] | None]] = [
        (ImportantDate, relationship.date_ids),
        (SharedGoal, relationship.goal_ids),
        (Challenge, relationship.challenge_ids),
        (Activity, relationship.activity_ids),
    ]
    keys = [(model, (relationship.id, row_id)) for model, row_ids in sets for row_id in sorted(row_ids or ())]
    rows = tables.get_many(keys, consistent=True)
    return DashboardRows(_of(ImportantDate, rows), _of(SharedGoal, rows), _of(Challenge, rows), _of(Activity, rows))


def _of(model: type[T], rows: Iterable[object]) -> list[T]:
    return [row for row in rows if isinstance(row, model)]
