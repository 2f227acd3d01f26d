"""Challenges of a relationship: start from a template, take steps, abandon, delete; those that are over expire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import VersionMismatch, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import challenges as rules
from chalicelib.together.domain import relationship_state
from chalicelib.together.domain.caps import OpenRows
from chalicelib.together.domain.entitlements import is_premium
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import ChallengeStatus, Difficulty, NotificationKind
from chalicelib.together.errors import ChallengeClosed, ChallengeNotFound, InvalidChallenge, PremiumRequired
from chalicelib.together.models import Achievement, Challenge, Relationship, User
from chalicelib.together.repository import challenges, open_rows, relationships, space_rows
from chalicelib.together.schemas.challenges import ChallengeCreate, ChallengeQuery, ChallengeRead, ChallengeStep
from chalicelib.together.schemas.library import LibraryItemRead
from chalicelib.together.service import joint_rows
from chalicelib.together.service.achievements import notify_of_award, stage_first_award
from chalicelib.together.service.library_content import find_challenge
from chalicelib.together.service.notifications import add_notice
from chalicelib.together.service.viewers import viewer_of

Saved = tuple[ChallengeRead, Relationship, Achievement | None]
"""The challenge, its relationship and a new award."""


def list_challenges(user: User, query: ChallengeQuery, page: PageRequest) -> PageResult[ChallengeRead]:
    """Return a page of challenges, newest first. Raises RelationshipNotFound for a relationship of others.

    A filter by status compares what is stored, so the challenges that are over are stored as expired before.
    """
    viewer = viewer_of(user, query.relationship)
    if query.status is not None and viewer.relationship.status in relationship_state.WRITABLE:
        expire_challenges(user, viewer.relationship)
    rows, now = challenges.list_challenges(viewer.relationship.id, query.status, page), clock.now()
    return rows.map(lambda row: to_challenge_read(row, now))


def get_challenge(user: User, challenge_id: str, relationship_id: str | None = None) -> ChallengeRead:
    """Return a challenge. Raises ChallengeNotFound, RelationshipNotFound."""
    viewer = viewer_of(user, relationship_id)
    row = challenges.find(viewer.relationship.id, challenge_id)
    if row is None:
        raise ChallengeNotFound
    return to_challenge_read(row, clock.now())


def add_challenge(user: User, body: ChallengeCreate, key: Idempotency | None) -> ChallengeRead:
    """Start a challenge. Raises InvalidChallenge for an unknown template, PremiumRequired, CapReached."""
    template = find_challenge(body.template)
    if template is None:
        message = "no such template"
        raise InvalidChallenge(f"body.template: {message}", errors=[{"path": "body.template", "message": message}])
    space, now = joint_rows.space_of(user), clock.now()
    expire_challenges(user, relationships.get_relationship(space))
    row = challenges.new_challenge(space, ids.time_ordered(), _columns_of(template, now))
    response = to_challenge_read(row, now)

    def decide(unit: UnitOfWork) -> Relationship:
        relationship = joint_rows.stage_open(unit, space, user.id, (OpenRows.CHALLENGES, row.id))
        if row.difficulty is not Difficulty.EASY and not is_premium(relationship.premium_until, now):
            raise PremiumRequired("Without premium, easy challenges can be started.")
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        return relationship

    _notify_partner(run_unit_of_work(decide), user, row)
    return response


def take_step(user: User, challenge_id: str, body: ChallengeStep, key: Idempotency | None) -> ChallengeRead:
    """Take the step of a date, from the challenge's first one to today where the member is; one step a date.

    Raises ChallengeNotFound, ChallengeClosed, InvalidChallenge.
    """

    def decide(unit: UnitOfWork) -> Saved:
        relationship, row = joint_rows.read_writable(Challenge, user, challenge_id, ChallengeNotFound())
        saved = _stage_step(unit, user, relationship, (row, body.date))
        if key:
            key.join(unit.transaction, saved[0])
        return saved

    challenge, relationship, award = run_unit_of_work(decide)
    if award is not None:
        notify_of_award(relationship, award)
    return challenge


def abandon_challenge(user: User, challenge_id: str, version: str) -> ChallengeRead:
    """Give up a challenge. Raises ChallengeNotFound, VersionMismatch, ChallengeClosed."""

    def decide(unit: UnitOfWork) -> ChallengeRead:
        row, now = _read_version(user, challenge_id, version), clock.now()
        if rules.status_at(row.status, row.ends_at, now) is not ChallengeStatus.ACTIVE:
            raise ChallengeClosed
        changed = challenges.challenge_with_columns(row, {"status": ChallengeStatus.ABANDONED, "updated_at": now})
        joint_rows.stage_close(unit, row.relationship_id, user.id, (OpenRows.CHALLENGES, row.id))
        unit.transaction.put(changed, condition=challenges.challenge_unchanged(row), otherwise=WriteConflict())
        return to_challenge_read(changed, now)

    return run_unit_of_work(decide)


def remove_challenge(user: User, challenge_id: str, version: str | None) -> None:
    """Delete a challenge. Raises ChallengeNotFound, VersionMismatch."""

    def decide(unit: UnitOfWork) -> None:
        row = _read_version(user, challenge_id, version)
        joint_rows.stage_close(unit, row.relationship_id, user.id, (OpenRows.CHALLENGES, row.id))
        unit.transaction.delete(row, condition=challenges.challenge_unchanged(row), otherwise=WriteConflict())

    run_unit_of_work(decide)


def expire_challenges(user: User, relationship: Relationship) -> None:
    """Store the relationship's open challenges that are over as expired, which makes room; else one read, or none.

    Does nothing if the relationship cannot be written.
    """
    if not relationship.challenge_ids:
        return

    def decide(unit: UnitOfWork) -> None:
        present, now = relationships.get_relationship(relationship.id), clock.now()
        rows = space_rows.list_by_ids(Challenge, present.id, sorted(present.challenge_ids or ()))
        over = [row for row in rows if rules.status_at(row.status, row.ends_at, now) is ChallengeStatus.EXPIRED]
        if not over or present.status not in relationship_state.WRITABLE:
            return
        closed = [row.id for row in over]
        open_rows.stage_closed(unit.transaction, present.id, user.id, OpenRows.CHALLENGES, closed)
        for row in over:
            changed = challenges.challenge_with_columns(
                row, {"status": ChallengeStatus.EXPIRED, "updated_at": row.ends_at}
            )
            unit.transaction.put(changed, condition=challenges.challenge_unchanged(row), otherwise=WriteConflict())

    run_unit_of_work(decide)


def challenge_version(challenge: ChallengeRead) -> str:
    """Return the version of a challenge for ETag and If-Match."""
    return f"{challenge.progress}-{challenge.status}-{clock.iso(challenge.updated_at)}"


def to_challenge_read(row: Challenge, now: datetime) -> ChallengeRead:
    """Return the challenge as the API shows it at that time."""
    columns = {name: getattr(row, name) for name in ChallengeRead.model_fields}
    status = rules.status_at(row.status, row.ends_at, now)
    return ChallengeRead(**{**columns, "status": status, "done_days": _done_days(row)})


def _done_days(row: Challenge) -> list[date]:
    return [date.fromisoformat(day) for day in row.done_days or ()]


def _columns_of(template: LibraryItemRead, now: datetime) -> dict[str, Any]:
    days = template.duration_days or 1
    return {
        "template": template.id,
        "template_version": template.version,
        "title": template.title,
        "description": template.text,
        "difficulty": template.difficulty,
        "duration_days": days,
        "started_at": now,
        "ends_at": rules.ends_at(now, days),
        "created_at": now,
        "updated_at": now,
    }


def _stage_step(unit: UnitOfWork, user: User, relationship: Relationship, step: tuple[Challenge, date]) -> Saved:
    """Stage the step of a date; a second one of it changes nothing. The last step completes the challenge."""
    row, day = step
    now = clock.now()
    period = (local_date(row.started_at, user.timezone), local_date(now, user.timezone))
    days = rules.days_after_step(_done_days(row), day, period, rules.status_at(row.status, row.ends_at, now))
    if days is None:
        return to_challenge_read(row, now), relationship, None
    columns = {"done_days": [each.isoformat() for each in days], "progress": len(days), "updated_at": now}
    is_completed = len(days) >= row.duration_days
    if is_completed:
        columns |= {"status": ChallengeStatus.COMPLETED, "completed_at": now}
        joint_rows.stage_close(unit, row.relationship_id, user.id, (OpenRows.CHALLENGES, row.id))
    else:
        joint_rows.require(unit, row.relationship_id, user.id)
    changed = challenges.challenge_with_columns(row, columns)
    unit.transaction.put(changed, condition=challenges.challenge_unchanged(row), otherwise=WriteConflict())
    award = stage_first_award(unit, relationship, f"{row.difficulty}_challenge", now) if is_completed else None
    return to_challenge_read(changed, now), relationship, award


def _read_version(user: User, challenge_id: str, version: str | None) -> Challenge:
    _, row = joint_rows.read_writable(Challenge, user, challenge_id, ChallengeNotFound())
    if version is not None and challenge_version(to_challenge_read(row, clock.now())) != version:
        raise VersionMismatch
    return row


def _notify_partner(relationship: Relationship, user: User, row: Challenge) -> None:
    """Add the partner's notice of a challenge that was started."""
    partner_id = relationship_state.other_member(relationship, user.id)
    if partner_id is None:
        return
    add_notice(
        Notice(
            partner_id,
            NotificationKind.CHALLENGE,
            f"challenge/{row.id}/started",
            "A new challenge has started",
            f"{row.title}: {row.duration_days} days.",
            row.started_at,
            action_url="/together/app#challenges",
            relationship_id=relationship.id,
            subject_id=row.id,
        )
    )
