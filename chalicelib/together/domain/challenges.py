"""Rules of challenges: when they end, and which steps count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from chalicelib.together.enums import ChallengeStatus
from chalicelib.together.errors import ChallengeClosed, InvalidChallenge

GRACE = timedelta(days=3)
"""The time after the days of a challenge in which missing steps can still be taken."""


def ends_at(started_at: datetime, duration_days: int) -> datetime:
    """Return the time at which a challenge expires, its grace included."""
    return started_at + timedelta(days=duration_days) + GRACE


def status_at(status: ChallengeStatus, end: datetime, now: datetime) -> ChallengeStatus:
    """Return the status at a time: an active challenge expires at its end, also before its row says so."""
    return ChallengeStatus.EXPIRED if status is ChallengeStatus.ACTIVE and now >= end else status


def days_after_step(
    done: Sequence[date], day: date, period: tuple[date, date], status: ChallengeStatus
) -> list[date] | None:
    """Return the dates of the steps after a step on `day`; None if that date has its step already.

    `period` is the first date of the challenge and today, where the member is. Raises ChallengeClosed if the challenge is
    not active, InvalidChallenge if the date is outside the period.
    """
    if day in done:
        return None
    if status is not ChallengeStatus.ACTIVE:
        raise ChallengeClosed
    first, today = period
    if not first <= day <= today:
        message = f"must be from {first} to {today}"
        raise InvalidChallenge(f"body.date: {message}", errors=[{"path": "body.date", "message": message}])
    return sorted([*done, day])
