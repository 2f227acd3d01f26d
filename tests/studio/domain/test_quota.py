"""Quota rules: limits, refunds and the monthly rollover."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.domain import quota
from chalicelib.studio.domain.quota import QuotaState, Refusal

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
NOW = MARCH + timedelta(days=10)
STATE = QuotaState(
    monthly_limit=5, concurrent_limit=2, storage_limit_mb=10, used=0, total=0, storage_mb=Decimal(0), month=MARCH
)
SLOT = timedelta(minutes=10)


def reserve(state: QuotaState, name: str, now: datetime = NOW) -> QuotaState:
    after = quota.reserve_slot(state, name, now, now + SLOT)
    assert isinstance(after, QuotaState)
    return after


def test_a_reservation_uses_a_slot_and_a_monthly_unit() -> None:
    after = reserve(STATE, "a")
    assert (after.used, after.total, set(after.leases)) == (1, 1, {"a"})


def test_slots_run_out_and_expire() -> None:
    full = reserve(reserve(STATE, "a"), "b")
    assert quota.reserve_slot(full, "c", NOW, NOW + SLOT) is Refusal.NO_FREE_SLOT
    at_the_end = NOW + SLOT
    assert set(reserve(full, "c", at_the_end).leases) == {"c"}
    assert quota.reserve_slot(full, "c", at_the_end - timedelta(microseconds=1), NOW) is Refusal.NO_FREE_SLOT


def test_the_monthly_quota_runs_out() -> None:
    state = replace(STATE, used=5)
    assert quota.reserve_slot(state, "a", NOW, NOW + SLOT) is Refusal.MONTH_USED_UP


def test_full_storage_refuses_a_reservation() -> None:
    state = replace(STATE, storage_mb=Decimal(10))
    assert quota.reserve_slot(state, "a", NOW, NOW + SLOT) is Refusal.STORAGE_FULL
    assert isinstance(
        quota.reserve_slot(replace(STATE, storage_mb=Decimal("9.999999")), "a", NOW, NOW + SLOT), QuotaState
    )


@pytest.mark.parametrize(
    ("moment", "used"),
    [
        (datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC), 4),
        (datetime(2026, 4, 1, tzinfo=UTC), 0),
        (datetime(2027, 1, 1, tzinfo=UTC), 0),
        (datetime(2026, 2, 28, tzinfo=UTC), 4),
    ],
)
def test_the_quota_rolls_over_exactly_at_the_end_of_the_month(moment: datetime, used: int) -> None:
    assert quota.roll_over(replace(STATE, used=4), moment).used == used


def test_a_failure_refunds_only_the_month_of_its_reservation() -> None:
    april = reserve(replace(STATE, used=4), "b", datetime(2026, 4, 1, tzinfo=UTC))
    assert quota.cancel_reservation(april, "a", NOW).used == 1
    assert quota.cancel_reservation(april, "b", datetime(2026, 4, 1, tzinfo=UTC)).used == 0


@given(
    st.lists(st.tuples(st.sampled_from(["reserve", "finish", "fail"]), st.integers(0, 5), st.integers(0, 20 * 86_400)))
)
def test_no_sequence_exceeds_a_limit(actions: list[tuple[str, int, int]]) -> None:
    state, now, open_work = STATE, NOW, dict[str, datetime]()
    for n, (action, number, wait) in enumerate(actions):
        now += timedelta(seconds=wait)
        if action == "reserve":
            after = quota.reserve_slot(state, f"g{n}", now, now + SLOT)
            if isinstance(after, QuotaState):
                state, open_work[f"g{n}"] = after, now
        elif open_work:
            name = list(open_work)[number % len(open_work)]
            since = open_work.pop(name)
            state = (
                quota.release_slot(state, name) if action == "finish" else quota.cancel_reservation(state, name, since)
            )
            assert name not in state.leases
        assert 0 <= state.used <= state.monthly_limit
        assert sum(until > now for until in state.leases.values()) <= state.concurrent_limit


def test_images_are_counted_by_day_and_given_back_on_their_day() -> None:
    state = reserve(reserve(STATE, "a"), "b", NOW + timedelta(days=1))
    state = quota.cancel_reservation(state, "a", NOW)
    counts = quota.images_by_day(state, NOW + timedelta(days=2))
    assert len(counts) == quota.DAYS
    assert counts[-1] == (date(2026, 3, 13), 0)
    assert {day: count for day, count in counts if count} == {date(2026, 3, 12): 1}


def test_days_before_the_last_thirty_are_dropped() -> None:
    state = replace(STATE, monthly_limit=500, concurrent_limit=500)
    for day in range(45):
        state = reserve(state, str(day), MARCH + timedelta(days=day))
    assert len(state.daily) == quota.DAYS
    assert sum(count for _, count in quota.images_by_day(state, MARCH + timedelta(days=44))) == quota.DAYS


def test_a_day_that_is_no_longer_counted_stays_out() -> None:
    state = reserve(STATE, "new", NOW)
    assert quota.cancel_reservation(state, "old", NOW - timedelta(days=40)).daily == state.daily
