"""Check-ins: record one of a date, and delete it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import checkin_dates
from chalicelib.together.domain.couple_days import counts_for_couple
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.stored_streaks import paused_dates, streak_of
from chalicelib.together.domain.streaks import Pause, Streak
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.errors import CheckinNotFound, InvalidCheckin, RelationshipEnded, RelationshipNotFound
from chalicelib.together.models import DailyCheckin, Relationship, User
from chalicelib.together.repository import checkins, streak_rows
from chalicelib.together.repository.checkins import DayRows
from chalicelib.together.repository.streak_rows import stored_run
from chalicelib.together.schemas.checkins import CheckinPut, CheckinRead, CheckinSaved, StreakRead, StreaksRead
from chalicelib.together.schemas.messages import CheckinRecorded, ScoreRequested
from chalicelib.together.service.checkin_streaks import NewDay, Runs, runs_with_day, runs_without_day
from chalicelib.together.service.couple_streaks import read_couple_streak


@dataclass(frozen=True, slots=True)
class _Entry:
    """A check-in as it was sent, with its zone and the time at which it was entered."""

    day: date
    body: CheckinPut
    zone: str
    recorded_at: datetime


def record_checkin(user: User, day: date, body: CheckinPut) -> CheckinSaved:
    """Store the member's check-in of a date, unless a later one stands; return what stands, and the streaks.

    Raises InvalidCheckin for a date that the member cannot check in for.
    """
    now, zone = clock.now(), body.timezone or user.timezone
    reason = checkin_dates.rejection_reason(day, zone, now, body.recorded_at)
    if reason:
        raise InvalidCheckin(f"path.date: {reason}", errors=[{"path": "path.date", "message": reason}])
    entry = _Entry(day, body, zone, min(body.recorded_at or now, now))

    def decide(unit: UnitOfWork) -> CheckinSaved:
        rows = checkins.read_day(user, day)
        _require_open(rows.relationship, user.id)
        if rows.mine is not None and rows.mine.recorded_at > entry.recorded_at:
            return _saved(rows, rows.mine, _stored_runs(rows), zone)
        row = _row_of(entry, rows, now)
        runs = runs_with_day(rows, _new_day(rows, row))
        _stage(unit, rows, runs)
        unit.transaction.put(row, condition=checkins.is_same_checkin(rows.mine), otherwise=WriteConflict())
        unit.publish(CheckinRecorded(user_id=user.id, relationship_id=rows.relationship.id, checkin_date=day))
        return _saved(rows, row, runs, zone)

    return run_unit_of_work(decide)


def remove_checkin(user: User, day: date) -> None:
    """Delete the member's check-in of a date in their present space, and count the streaks from what remains.

    Raises CheckinNotFound.
    """

    def decide(unit: UnitOfWork) -> None:
        rows = checkins.read_day(user, day)
        _require_open(rows.relationship, user.id)
        if rows.mine is None:
            raise CheckinNotFound
        _stage(unit, rows, runs_without_day(rows, day, _pauses(rows)))
        unit.transaction.delete(rows.mine, condition=checkins.is_same_checkin(rows.mine), otherwise=WriteConflict())
        if rows.partner_id:
            unit.publish(ScoreRequested(relationship_id=rows.relationship.id, dates=(day,)))

    run_unit_of_work(decide)


def to_checkin_read(row: DailyCheckin, user_id: str) -> CheckinRead:
    """Return all of a check-in that the member may read; the partner's time zone is left out."""
    is_mine = row.user_id == user_id
    columns = {name: getattr(row, name) for name in CheckinRead.model_fields if name not in ("is_mine", "timezone")}
    return CheckinRead(**columns, is_mine=is_mine, timezone=row.timezone if is_mine else None)


def to_streak_read(streak: Streak) -> StreakRead:
    """Return the streak as the API shows it."""
    return StreakRead(current=streak.current, longest=streak.longest, last=streak.last)


def _require_open(relationship: Relationship, user_id: str) -> None:
    """Check that the member may check in: also in a pause, never after the end."""
    if user_id not in (relationship.user_1_id, relationship.user_2_id):
        raise RelationshipNotFound
    if relationship.status is RelationshipStatus.ENDED:
        raise RelationshipEnded


def _row_of(entry: _Entry, rows: DayRows, now: datetime) -> DailyCheckin:
    """Return the row of a check-in. What was once written in a pause stays its author's."""
    earlier, body = rows.mine, entry.body
    in_pause = rows.relationship.status is RelationshipStatus.PAUSED or (earlier is not None and earlier.in_pause)
    return DailyCheckin(
        rows.relationship.id,
        checkins.checkin_key(entry.day, rows.member.id),
        user_id=rows.member.id,
        checkin_date=entry.day,
        in_pause=in_pause,
        timezone=entry.zone,
        recorded_at=entry.recorded_at,
        created_at=earlier.created_at if earlier else now,
        updated_at=now,
        **body.model_dump(exclude={"timezone", "recorded_at"}),
    )


def _new_day(rows: DayRows, row: DailyCheckin) -> NewDay:
    since = rows.relationship.activated_at
    is_couple_day = counts_for_couple(row, since) and counts_for_couple(rows.theirs, since)
    return NewDay(row.checkin_date, is_couple_day, _pauses(rows))


def _pauses(rows: DayRows) -> list[Pause]:
    zones = {member.id: member.timezone for member in (rows.member, rows.partner) if member}
    return paused_dates(rows.relationship.pauses, zones)


def _stored_runs(rows: DayRows) -> Runs:
    return Runs(stored_run(rows.member), stored_run(rows.relationship))


def _stage(unit: UnitOfWork, rows: DayRows, runs: Runs) -> None:
    """Stage the runs, and require that member, relationship and the partner's check-in are as they were read."""
    if runs.mine != stored_run(rows.member):
        streak_rows.stage_member_run(unit.transaction, rows.member, runs.mine)
    streak_rows.stage_couple_run(unit.transaction, rows.relationship, rows.member.id, runs.couple)
    checkins.require_partner_unchanged(unit.transaction, rows)


def _saved(rows: DayRows, row: DailyCheckin, runs: Runs, zone: str) -> CheckinSaved:
    """Return the response: the check-in with the streaks of today, which may be later where the member is."""
    now = clock.now()
    today = max(local_date(now, zone), local_date(now, rows.member.timezone))
    member = copy_row(rows.member, streak_rows.run_columns(runs.mine))
    mine = streak_of(member, today)
    couple = None
    if rows.partner_id:
        joint = copy_row(rows.relationship, streak_rows.run_columns(runs.couple))
        couple = to_streak_read(read_couple_streak(joint, rows.member, rows.partner))
    return CheckinSaved(
        checkin=to_checkin_read(row, rows.member.id), streak=StreaksRead(mine=to_streak_read(mine), couple=couple)
    )
