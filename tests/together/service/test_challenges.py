"""Challenges: caps, steps, grace, expiry, and what the two share."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.pagination import PageRequest
from chalicelib.together.enums import ChallengeStatus
from chalicelib.together.errors import (
    CapReached,
    ChallengeClosed,
    ChallengeNotFound,
    InvalidChallenge,
    PremiumRequired,
    RelationshipPaused,
)
from chalicelib.together.models import Achievement, Notification, Relationship, User
from chalicelib.together.schemas.challenges import ChallengeCreate, ChallengeQuery, ChallengeRead, ChallengeStep
from chalicelib.together.service import challenges
from tests.together.clocks import MovedClock
from tests.together.conftest import As
from tests.together.members import new_couple, new_member
from tests.together.spaces import end, make_premium, pause

EASY, MEDIUM = "morning_question", "daily_talk"  # of 5 and of 14 days
FIRST = date(2027, 3, 10)


def start(user: User, template: str = EASY) -> ChallengeRead:
    return challenges.add_challenge(user, ChallengeCreate(template=template), None)


def step(user: User, challenge: ChallengeRead, day: date) -> ChallengeRead:
    return challenges.take_step(user, challenge.id, ChallengeStep(date=day), None)


def test_both_complete_a_challenge_within_its_grace(moved_clock: MovedClock) -> None:
    one, two = new_couple()
    challenge = start(one)
    assert [row.subject_id for row in Notification.query(two.id)] == [challenge.id]
    assert step(one, challenge, FIRST).progress == 1
    assert step(two, challenge, FIRST).progress == 1
    moved_clock.move(days=7)  # 5 days and 2 of 3 days of grace
    for offset in (1, 5, 6):
        step(two, challenge, FIRST + timedelta(days=offset))
    completed = step(one, challenge, FIRST + timedelta(days=7))
    assert (completed.status, completed.progress) == (ChallengeStatus.COMPLETED, 5)
    assert completed.completed_at == moved_clock.moment
    assert step(one, challenge, FIRST).progress == 5
    with pytest.raises(ChallengeClosed):
        step(one, challenge, FIRST + timedelta(days=4))
    assert Relationship.get(one.relationship_id).challenge_ids is None
    assert [row.achievement for row in Achievement.query(one.relationship_id)] == ["easy_challenge"]


def test_the_date_of_a_step_is_a_date_of_the_member(moved_clock: MovedClock) -> None:
    user = new_member(timezone="Pacific/Kiritimati")  # 14 hours ahead: 11 March
    challenge = start(user)
    with pytest.raises(InvalidChallenge):
        step(user, challenge, FIRST)
    assert step(user, challenge, FIRST + timedelta(days=1)).progress == 1
    with pytest.raises(InvalidChallenge):
        step(user, challenge, FIRST + timedelta(days=2))


def test_an_expired_challenge_takes_no_step_and_makes_room(moved_clock: MovedClock) -> None:
    user = new_member()
    challenge = start(user)
    with pytest.raises(PremiumRequired):
        start(user)
    moved_clock.move(days=8)
    assert challenges.get_challenge(user, challenge.id).status is ChallengeStatus.EXPIRED
    with pytest.raises(ChallengeClosed):
        step(user, challenge, FIRST)
    assert start(user).status is ChallengeStatus.ACTIVE
    expired = challenges.list_challenges(user, ChallengeQuery(status=ChallengeStatus.EXPIRED), PageRequest())
    assert [item.id for item in expired.items] == [challenge.id]


def test_a_list_by_status_stores_what_is_over(moved_clock: MovedClock) -> None:
    user = new_member()
    challenge = start(user)
    moved_clock.move(days=8)
    active = challenges.list_challenges(user, ChallengeQuery(status=ChallengeStatus.ACTIVE), PageRequest())
    assert active.items == []
    [item] = challenges.list_challenges(user, ChallengeQuery(), PageRequest()).items
    assert (item.id, item.status) == (challenge.id, ChallengeStatus.EXPIRED)
    assert Relationship.get(user.relationship_id).challenge_ids is None


def test_premium_opens_three_of_any_difficulty(moved_clock: MovedClock) -> None:
    user = new_member()
    with pytest.raises(PremiumRequired):
        start(user, MEDIUM)
    make_premium(user)
    for _ in range(3):
        start(user, MEDIUM)
    with pytest.raises(CapReached):
        start(user, MEDIUM)


def test_an_abandoned_challenge_makes_room(moved_clock: MovedClock) -> None:
    user = new_member()
    challenge = start(user)
    version = challenges.challenge_version(challenge)
    step(user, challenge, FIRST)
    with pytest.raises(VersionMismatch):
        challenges.abandon_challenge(user, challenge.id, version)
    present = challenges.challenge_version(challenges.get_challenge(user, challenge.id))
    abandoned = challenges.abandon_challenge(user, challenge.id, present)
    assert abandoned.status is ChallengeStatus.ABANDONED
    with pytest.raises(ChallengeClosed):
        challenges.abandon_challenge(user, challenge.id, challenges.challenge_version(abandoned))
    start(user)


def test_a_paused_relationship_is_read_only_and_an_ended_one_readable(moved_clock: MovedClock) -> None:
    one, two = new_couple()
    challenge = start(one)
    pause(one)
    with pytest.raises(RelationshipPaused):
        step(two, challenge, FIRST)
    with pytest.raises(RelationshipPaused):
        start(two)
    former = end(one, two)
    for user in (one, two):
        user.refresh()
        [item] = challenges.list_challenges(user, ChallengeQuery(relationship=former), PageRequest()).items
        assert item.id == challenge.id
        with pytest.raises(ChallengeNotFound):
            step(user, challenge, FIRST)


def test_a_challenge_over_http(acting: As) -> None:
    client, stranger = acting(new_member()), acting(new_member())
    assert client.call("POST", "challenges", {"template": "unknown"}).json()["errors"][0]["path"] == "body.template"
    created = client.call("POST", "challenges", {"template": EASY}, Idempotency_Key="k")
    assert created.status_code == 201
    assert client.call("POST", "challenges", {"template": EASY}, Idempotency_Key="k").json() == created.json()
    path = f"challenges/{created.json()['id']}"
    day = created.json()["started_at"][:10]
    assert client.call("POST", f"{path}/steps", {"date": day}).json()["done_days"] == [day]
    assert client.call("POST", f"{path}/steps", {"date": "0001-01-01"}).status_code == 422
    assert client.call("POST", f"{path}/steps", {"date": "9999-12-31"}).status_code == 422
    assert stranger.call("GET", path).status_code == 404
    assert stranger.call("POST", f"{path}/steps", {"date": day}).status_code == 404
    etag = client.call("GET", path).headers["ETag"]
    assert client.call("PATCH", path, {"status": "completed"}, If_Match=etag).status_code == 422
    assert stranger.call("PATCH", path, {"status": "abandoned"}, If_Match=etag).status_code == 404
    assert stranger.call("DELETE", path, If_Match=etag).status_code == 404
    assert client.call("DELETE", path, If_Match='"other"').status_code == 412
    assert client.call("DELETE", path, If_Match=etag).status_code == 204
