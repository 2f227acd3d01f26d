"""The runs that follow from a check-in: of the member over all spaces, and of the couple."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.together.domain import streak_runs
from chalicelib.together.domain.couple_days import counts_for_couple, couple_days
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.streak_runs import Run, Walk
from chalicelib.together.domain.streaks import Pause
from chalicelib.together.models import DailyCheckin, Relationship
from chalicelib.together.repository import checkins
from chalicelib.together.repository.checkins import DayRows
from chalicelib.together.repository.streak_rows import stored_run

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of a member and of their couple."""

    mine: Run
    couple: Run


@dataclass(frozen=True, slots=True)
class NewDay:
    """The date of a check-in, and whether the partner has one that counts; `paused` are the couple's pauses."""

    day: date
    is_couple_day: bool
    paused: list[Pause]


def runs_with_day(rows: DayRows, new: NewDay) -> Runs:
    """Return the runs with a date added. Reads earlier check-ins only if a run begins after the date."""
    stored = Runs(stored_run(rows.member), stored_run(rows.relationship))
    mine = streak_runs.extended(stored.mine, new.day)
    couple = streak_runs.extended(stored.couple, new.day, new.paused) if new.is_couple_day else stored.couple
    if mine is not None and couple is not None:
        return Runs(mine, couple)
    my_walk = Walk(new.day) if mine is None else None
    couple_walk = Walk(new.day, new.paused) if couple is None else None
    _walk_back(rows, my_walk, couple_walk)
    return Runs(
        mine or streak_runs.joined(stored.mine, my_walk.days if my_walk else ()),
        couple or streak_runs.joined(stored.couple, couple_walk.days if couple_walk else (), new.paused),
    )


def runs_without_day(rows: DayRows, day: date, paused: list[Pause]) -> Runs:
    """Return the runs without the member's check-in of a date, counted from all check-ins."""
    relationship, user_id = rows.relationship, rows.member.id
    remaining = [
        row for row in checkins.iterate_all(relationship.id) if (row.user_id, row.checkin_date) != (user_id, day)
    ]
    mine = {row.checkin_date for row in remaining if row.user_id == user_id}
    mine.update(checkins.iterate_dates_elsewhere(user_id, relationship.id))
    couple = couple_days(remaining, relationship.activated_at)
    return Runs(streak_runs.run_of(mine), streak_runs.run_of(couple, paused))


def _walk_back(rows: DayRows, my_walk: Walk | None, couple_walk: Walk | None) -> None:
    """Let the walks visit the earlier check-ins of the space, until both are over."""
    relationship, walks = rows.relationship, [walk for walk in (my_walk, couple_walk) if walk]
    starts = [
        row.streak_start
        for row, walk in ((rows.member, my_walk), (relationship, couple_walk))
        if walk and row.streak_start
    ]
    seen: set[date] = set()
    for row in checkins.iterate_back(relationship.id, max(starts)):
        for walk in walks:
            walk.visit(row.checkin_date)
        if all(walk.is_over for walk in walks):
            break
        if my_walk and row.user_id == rows.member.id:
            my_walk.add(row.checkin_date)
        _add_couple_day(row, relationship, couple_walk, seen)
    if my_walk:
        _walk_elsewhere(rows, my_walk)


def _add_couple_day(row: DailyCheckin, relationship: Relationship, walk: Walk | None, seen: set[date]) -> None:
    """Add the date of the second of two counting check-ins."""
    if walk and counts_for_couple(row, relationship.activated_at):
        if row.checkin_date in seen:
            walk.add(row.checkin_date)
        seen.add(row.checkin_date)


def _walk_elsewhere(rows: DayRows, walk: Walk) -> None:
    """Continue the member's walk in their former spaces, if it reached the time in which they joined this one."""
    space = rows.relationship
    is_own = space.user_1_id == rows.member.id
    joined_at = space.created_at if is_own else space.activated_at or space.created_at
    if walk.reached > local_date(joined_at, "UTC") + 2 * _DAY:
        return
    walk.is_over = False
    for day in checkins.iterate_dates_elsewhere(
        rows.member.id, rows.relationship.id, rows.member.streak_start or walk.reached
    ):
        walk.visit(day)
        if walk.is_over:
            break
        walk.add(day)
