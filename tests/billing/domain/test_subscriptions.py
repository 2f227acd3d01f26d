"""Access by the status and dates of a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.subscriptions import (
    SyncContext,
    access_until,
    current_subscription,
    has_access,
    subscription_columns,
)
from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.stripe_objects.subscriptions import parse_subscription
from tests.billing.stripe_objects.factories import END, START, subscription

NOW = datetime(2028, 2, 29, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC))
paying = st.sampled_from([SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE])
barred = st.sampled_from(
    [
        status
        for status in SubscriptionStatus
        if status not in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
    ]
)


@dataclass(frozen=True)
class Facts:
    status: SubscriptionStatus
    started_at: datetime = NOW - timedelta(days=400)
    current_period_end: datetime | None = None
    past_due_since: datetime | None = None
    refunded_at: datetime | None = None
    ended_at: datetime | None = None
    current_period_start: datetime | None = None
    last_stripe_event_at: datetime | None = None


@pytest.mark.parametrize(("ended_at", "expected"), [(None, END), (START + 60, START + 60), (END + 60, END)])
def test_a_trial_ends_no_later_than_its_subscription(ended_at: int | None, expected: int) -> None:
    view = parse_subscription(subscription(status="canceled", trial_end=END, ended_at=ended_at))
    columns = subscription_columns(view, None, None, Facts(view.status), SyncContext(None, None, NOW))
    assert columns["trial_ends_at"] == datetime.fromtimestamp(expected, UTC)


@given(paying, moments)
def test_access_ends_a_day_after_the_period(status: SubscriptionStatus, end: datetime) -> None:
    facts, over = Facts(status, current_period_end=end), end + timedelta(days=1)
    assert has_access(facts, over - TICK)
    assert not has_access(facts, over)


@given(moments, moments)
def test_a_past_due_subscription_keeps_access_for_seven_days(since: datetime, end: datetime) -> None:
    facts = Facts(SubscriptionStatus.PAST_DUE, current_period_end=end, past_due_since=since)
    assert has_access(facts, since + timedelta(days=7) - TICK)
    assert not has_access(facts, since + timedelta(days=7))


@given(barred, moments, moments)
def test_no_other_status_gives_access(status: SubscriptionStatus, end: datetime, since: datetime) -> None:
    facts = Facts(status, current_period_end=end, past_due_since=since)
    assert access_until(facts) is None
    assert not has_access(facts, end - TICK)


@given(st.sampled_from(SubscriptionStatus), moments, moments, moments)
def test_an_ended_subscription_gives_no_access(
    status: SubscriptionStatus, end: datetime, since: datetime, ended: datetime
) -> None:
    facts = Facts(status, current_period_end=end, past_due_since=since, ended_at=ended)
    assert not has_access(facts, ended)


@pytest.mark.parametrize("status", [SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE])
def test_a_subscription_without_dates_gives_no_access(status: SubscriptionStatus) -> None:
    assert not has_access(Facts(status), NOW)


def test_the_subscription_with_the_latest_access_end_is_current() -> None:
    ended = Facts(SubscriptionStatus.CANCELED, started_at=NOW - TICK, ended_at=NOW)
    short = Facts(SubscriptionStatus.ACTIVE, current_period_end=NOW)
    long = Facts(SubscriptionStatus.ACTIVE, current_period_end=NOW + timedelta(days=30))
    assert current_subscription([ended, long, short], NOW) is long


def test_without_access_the_newest_subscription_is_current() -> None:
    older = Facts(SubscriptionStatus.CANCELED, started_at=NOW - timedelta(days=9))
    newer = Facts(SubscriptionStatus.UNPAID, started_at=NOW - timedelta(days=8))
    assert current_subscription([newer, older], NOW) is newer
    assert current_subscription([], NOW) is None


@given(paying, moments)
def test_a_full_refund_ends_access_before_the_period_does(status: SubscriptionStatus, end: datetime) -> None:
    facts = Facts(status, current_period_end=end, refunded_at=end - timedelta(days=10))
    assert has_access(facts, end - timedelta(days=10) - TICK)
    assert not has_access(facts, end - timedelta(days=10))
