"""Rules of challenges: their end and their steps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.together.domain.challenges import days_after_step, ends_at, status_at
from chalicelib.together.enums import ChallengeStatus
from chalicelib.together.errors import ChallengeClosed, InvalidChallenge

START = datetime(2027, 3, 10, 12, tzinfo=UTC)
PERIOD = (date(2027, 3, 10), date(2027, 3, 12))
DONE = [date(2027, 3, 11)]


def test_a_challenge_expires_three_days_after_its_last_day() -> None:
    end = ends_at(START, 7)
    assert end == START + timedelta(days=10)
    assert status_at(ChallengeStatus.ACTIVE, end, end - timedelta(microseconds=1)) is ChallengeStatus.ACTIVE
    assert status_at(ChallengeStatus.ACTIVE, end, end) is ChallengeStatus.EXPIRED
    assert status_at(ChallengeStatus.COMPLETED, end, end) is ChallengeStatus.COMPLETED


def test_a_date_has_one_step() -> None:
    assert days_after_step(DONE, date(2027, 3, 10), PERIOD, ChallengeStatus.ACTIVE) == [date(2027, 3, 10), *DONE]
    assert days_after_step(DONE, DONE[0], PERIOD, ChallengeStatus.ACTIVE) is None
    assert days_after_step(DONE, DONE[0], PERIOD, ChallengeStatus.COMPLETED) is None


@pytest.mark.parametrize("day", [date(2027, 3, 9), date(2027, 3, 13), date.min, date.max])
def test_a_step_is_between_the_first_date_and_today(day: date) -> None:
    with pytest.raises(InvalidChallenge) as error:
        days_after_step(DONE, day, PERIOD, ChallengeStatus.ACTIVE)
    assert error.value.errors[0]["path"] == "body.date"


@pytest.mark.parametrize("status", [each for each in ChallengeStatus if each is not ChallengeStatus.ACTIVE])
def test_a_challenge_that_is_not_active_takes_no_step(status: ChallengeStatus) -> None:
    with pytest.raises(ChallengeClosed):
        days_after_step(DONE, PERIOD[0], PERIOD, status)
