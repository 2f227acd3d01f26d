"""Awards: each is given once; notices; what each member sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.kit import clock
from chalicelib.together.models import Achievement, Notification
from chalicelib.together.service.achievements import award_achievement, list_achievements
from tests.together.members import new_couple
from tests.together.spaces import end, pause


def test_concurrent_calls_award_once_and_send_one_notice_each() -> None:
    one, two = new_couple()
    now = clock.now()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: award_achievement(one.relationship_id, "couple_streak_7", now), range(8)))
    assert sorted(results) == [False] * 7 + [True]
    assert len(list(Achievement.query(one.relationship_id))) == 1
    assert [len(list(Notification.query(user.id))) for user in (one, two)] == [1, 1]


def test_a_retry_adds_the_notices_that_a_crash_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = new_couple()
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.together.service.achievements.add_notice", lambda notice: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            award_achievement(one.relationship_id, "first_goal", clock.now())
    assert award_achievement(one.relationship_id, "first_goal", clock.now()) is False
    assert len(list(Notification.query(one.id))) == 1


def test_a_personal_award_names_its_member_alone() -> None:
    one, two = new_couple()
    assert award_achievement(one.relationship_id, "first_checkin", clock.now(), one.id)
    assert award_achievement(one.relationship_id, "first_checkin", clock.now(), two.id)
    assert award_achievement(one.relationship_id, "first_goal", clock.now())
    mine = [(item.rule, item.is_personal, item.is_mine) for item in list_achievements(one, None).items]
    assert sorted(mine) == [("first_checkin", True, False), ("first_checkin", True, True), ("first_goal", False, False)]
    assert list_achievements(one, None).points == 40
    former = end(one, two)
    one.refresh()
    after = list_achievements(one, former)
    assert [(item.rule, item.is_mine) for item in after.items] == [("first_checkin", True), ("first_goal", False)]
    assert list_achievements(one, None).items == []


def test_the_award_of_a_talk_does_not_tell_the_partner_of_it() -> None:
    one, two = new_couple()
    assert award_achievement(one.relationship_id, "first_talk", clock.now(), one.id)
    assert [item.rule for item in list_achievements(one, None).items] == ["first_talk"]
    assert list_achievements(two, None).items == []


def test_a_paused_or_ended_relationship_earns_nothing() -> None:
    one, two = new_couple()
    pause(one)
    assert award_achievement(one.relationship_id, "first_goal", clock.now()) is False
    former = end(one, two)
    assert award_achievement(former, "first_goal", clock.now()) is False
    assert list(Achievement.query(former)) == []


def test_a_rule_and_its_member_must_fit() -> None:
    one, _ = new_couple()
    with pytest.raises(KeyError):
        award_achievement(one.relationship_id, "unknown", clock.now())
    with pytest.raises(ValueError, match="first_goal"):
        award_achievement(one.relationship_id, "first_goal", clock.now(), one.id)
    with pytest.raises(ValueError, match="first_checkin"):
        award_achievement(one.relationship_id, "first_checkin", clock.now())
