"""Streaks of many check-ins in any order equal a naive count of dates; races and lost answers change nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit import clock
from chalicelib.together.domain import streaks
from chalicelib.together.errors import CheckinNotFound
from chalicelib.together.models import DailyCheckin, Relationship, User
from chalicelib.together.schemas.checkins import CheckinPut
from chalicelib.together.service import acceptance, checkins, invitations, pauses
from infra.bench.round_trips import metered
from tests.discounts.faults import killed_at, without_waits
from tests.together.days import SCORES, START, MovableClock, set_clock
from tests.together.members import new_couple, new_member
from tests.together.spaces import end

TODAY = START.date()
DAY = timedelta(days=1)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the test: noon of TODAY in UTC."""
    return set_clock(monkeypatch)


def check_in(user: User, day: date, recorded_at: datetime | None = None, **fields: object) -> None:
    body = CheckinPut(**SCORES, recorded_at=recorded_at, **fields)
    checkins.record_checkin(User.get(user.id), day, body)


def new_row(user: User, day: date) -> DailyCheckin:
    """Return the row of a check-in in the couple of `new_couple`."""
    return DailyCheckin(
        User.get(user.id).relationship_id,
        f"{day}#{user.id}",
        user_id=user.id,
        checkin_date=day,
        connection_score=7,
        mood_score=6,
        relationship_satisfaction=8,
        timezone="UTC",
        recorded_at=START,
        created_at=START,
        updated_at=START,
    )


def assert_naive(one: User, two: User) -> None:
    """Compare the stored runs of a couple that never paused with a count over all rows."""
    relationship = Relationship.get(one.relationship_id)
    rows = list(DailyCheckin.query(relationship.id))
    days = [{row.checkin_date for row in rows if row.user_id == user.id} for user in (one, two)]
    counted: list[tuple[User | Relationship, set[date]]] = [
        (User.get(one.id), days[0]),
        (User.get(two.id), days[1]),
        (relationship, days[0] & days[1]),
    ]
    for row, dates in counted:
        expected = streaks.of(dates, clock.now().date())
        assert (row.streak_end, row.streak_longest) == (expected.last, expected.longest)
        if row.streak_start is not None and row.streak_end is not None:
            assert streaks.of(dates, row.streak_end).current == (row.streak_end - row.streak_start).days + 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("check in"), st.booleans(), st.integers(0, 7)),
        st.tuples(st.just("delete"), st.booleans(), st.integers(0, 12)),
        st.tuples(st.just("wait"), st.booleans(), st.integers(1, 3)),
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(steps)
def test_streaks_equal_a_naive_count(time: MovableClock, moves: list[tuple[str, bool, int]]) -> None:
    time.now = START
    one, two = new_couple()
    time.move(days=8)
    for name, is_first, number in moves:
        user = one if is_first else two
        time.move(seconds=1)
        today = time.now.date()
        if name == "wait":
            time.move(days=number)
        elif name == "check in":
            check_in(user, today - number * DAY, time.now - number * DAY)
        else:
            try:
                checkins.remove_checkin(User.get(user.id), today - number * DAY)
            except CheckinNotFound:
                continue
    assert_naive(one, two)


def test_a_pause_neither_counts_nor_breaks(time: MovableClock) -> None:
    one, two = new_couple()
    for number in (0, 1, 4, 5):
        for user in (one, two):
            check_in(user, TODAY + number * DAY)
        time.move(days=1)
        if number == 1:
            pauses.pause_relationship(User.get(one.id))
            check_in(two, TODAY + 2 * DAY)
            time.move(days=1)
            pauses.resume_relationship(User.get(one.id))
            time.move(days=1)
    relationship = Relationship.get(one.relationship_id)
    assert (relationship.streak_start, relationship.streak_end, relationship.streak_longest) == (
        TODAY,
        TODAY + 5 * DAY,
        4,
    )
    assert (User.get(one.id).streak_longest, User.get(two.id).streak_longest) == (2, 3)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_late_check_ins_does_not_matter(time: MovableClock, order: tuple[int, ...]) -> None:
    one, two = new_couple()
    time.move(days=6)
    for number in order:
        for user in (one, two):
            time.move(seconds=1)
            check_in(user, TODAY + (3 + number) * DAY, time.now - (3 - number) * DAY)
    relationship = Relationship.get(one.relationship_id)
    expected = (TODAY + 3 * DAY, TODAY + 6 * DAY, 4)
    for row in (User.get(one.id), User.get(two.id), relationship):
        assert (row.streak_start, row.streak_end, row.streak_longest) == expected


def test_a_streak_continues_in_a_new_space(time: MovableClock) -> None:
    one, two = new_couple()
    check_in(one, TODAY)
    end(one, two)
    time.move(days=2)
    check_in(one, TODAY + 2 * DAY)
    check_in(one, TODAY + DAY, time.now - DAY)
    row = User.get(one.id)
    assert (row.streak_start, row.streak_end, row.streak_longest) == (TODAY, TODAY + 2 * DAY, 3)


def test_concurrent_check_ins_of_both_make_one_couple_day(time: MovableClock) -> None:
    one, two = new_couple()
    with without_waits(), ThreadPoolExecutor(2) as pool:
        for number in range(8):
            day = TODAY + number * DAY
            list(pool.map(lambda user, day=day: check_in(user, day), (one, two)))
            relationship = Relationship.get(one.relationship_id)
            assert (relationship.streak_end, relationship.streak_longest) == (day, number + 1)
            time.move(days=1)
    assert_naive(one, two)


def test_a_crash_at_any_call_leaves_all_or_nothing(time: MovableClock) -> None:
    for when in ("before-call", "after-call"):
        number = 1
        while True:
            one, two = new_couple()
            check_in(two, TODAY)
            user = User.get(one.id)
            recorded_at = time.now
            body = CheckinPut(**SCORES, recorded_at=recorded_at)
            was_killed = killed_at(number, when, partial(checkins.record_checkin, user, TODAY, body))
            rows = DailyCheckin.count(one.relationship_id)
            assert (rows == 2) == (Relationship.get(one.relationship_id).streak_longest == 1)
            assert (rows == 2) == (User.get(one.id).streak_longest == 1)
            checkins.record_checkin(user, TODAY, body)
            assert_naive(one, two)
            if not was_killed:
                break
            number += 1
        assert number >= 3


def test_a_device_that_was_offline_over_a_new_couple(time: MovableClock) -> None:
    one = new_member()
    recorded_at = time.now
    time.move(days=3)
    two = new_member()
    code = invitations.create_invitation(one, None).code
    acceptance.accept_invitation(two, code)
    check_in(one, TODAY, recorded_at)
    check_in(two, TODAY, recorded_at)
    relationship = Relationship.get(one.relationship_id)
    assert relationship.activated_at is not None
    assert relationship.streak_end is None
    assert (User.get(one.id).streak_longest, User.get(two.id).streak_longest) == (1, 1)


def test_a_check_in_takes_one_read_and_one_transaction(time: MovableClock) -> None:
    one, two = new_couple()
    for number in range(3):
        check_in(one, TODAY + number * DAY)
        check_in(two, TODAY + number * DAY)
        time.move(days=1)
    check_in(two, TODAY + 3 * DAY)
    user, body = User.get(one.id), CheckinPut(**SCORES)
    with metered() as meter:
        checkins.record_checkin(user, TODAY + 3 * DAY, body)
    assert (meter.cost.reads, meter.cost.writes, meter.cost.sends) == (1, 1, 1)
    assert meter.cost.write_units <= 12


def test_joined_runs_take_one_read_more(time: MovableClock) -> None:
    one, two = new_couple()
    Relationship(one.relationship_id).update([Relationship.created_at.set(START - 9 * DAY)])
    for number in (0, 1, 2, 4):
        for user in (one, two):
            check_in(user, TODAY + number * DAY)
        time.move(days=2 if number == 2 else 1)
    check_in(two, TODAY + 3 * DAY)
    user = User.get(one.id)
    with metered() as meter:
        checkins.record_checkin(user, TODAY + 3 * DAY, CheckinPut(**SCORES))
    assert Relationship.get(one.relationship_id).streak_longest == 5
    assert meter.cost.reads == 2


@pytest.mark.parametrize("count", [10, 400])
def test_the_cost_does_not_grow_with_stored_check_ins(time: MovableClock, count: int) -> None:
    one, two = new_couple()
    relationship = Relationship(one.relationship_id)
    first = TODAY - count * DAY
    with DailyCheckin.batch_write() as batch:
        for number in range(count):
            for user in (one, two):
                day = first + number * DAY
                batch.save(new_row(user, day))
    for row in (User(one.id), User(two.id), relationship):
        kind = type(row)
        row.update([kind.streak_start.set(first), kind.streak_end.set(TODAY - DAY), kind.streak_longest.set(count)])
    check_in(two, TODAY)
    user = User.get(one.id)
    with metered() as meter:
        saved = checkins.record_checkin(user, TODAY, CheckinPut(**SCORES))
    assert saved.streak.couple is not None
    assert saved.streak.couple.current == count + 1
    assert (meter.cost.reads, meter.cost.writes) == (1, 1)
    assert meter.cost.write_units <= 12
