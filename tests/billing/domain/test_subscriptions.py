"""Access by the status and dates of a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.access import access_until, current_subscription, has_access, needs_portal
from chalicelib.billing.domain.subscriptions import PlanTerms, SyncContext, subscription_columns
from chalicelib.billing.enums import BillingCycle, SubscriptionStatus
from chalicelib.billing.stripe_objects.subscriptions import parse_subscription
from tests.billing.stripe_objects.factories import END, START, price, subscription

NOW = datetime(2028, 2, 29, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MONTHLY = PlanTerms("try_it_out", BillingCycle.MONTHLY, {}, is_for_owner=True)
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
    is_without_plan: bool = False


@pytest.mark.parametrize("end", ["ended_at", "cancel_at"])
@pytest.mark.parametrize(("ends", "expected"), [(None, END), (START + 60, START + 60), (END + 60, END)])
def test_a_trial_ends_no_later_than_its_subscription(end: str, ends: int | None, expected: int) -> None:
    view = parse_subscription(subscription(status="canceled", trial_end=END) | {end: ends})
    columns = subscription_columns(view, None, None, Facts(view.status), SyncContext(None, None, NOW))
    assert columns["trial_ends_at"] == datetime.fromtimestamp(expected, UTC)


@given(st.sampled_from(SubscriptionStatus), moments)
def test_a_subscription_without_a_plan_gives_no_access(status: SubscriptionStatus, end: datetime) -> None:
    facts = Facts(status, current_period_end=end, past_due_since=end, is_without_plan=True)
    assert access_until(facts) is None
    assert needs_portal(facts, end) is not status.is_final


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_only_a_stalled_subscription_needs_the_portal(status: SubscriptionStatus) -> None:
    facts = Facts(status, current_period_end=NOW, past_due_since=NOW)
    stalled = {SubscriptionStatus.INCOMPLETE, SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED}
    assert needs_portal(facts, NOW) is (status in stalled)
    assert needs_portal(facts, NOW + timedelta(days=8)) is (status in {*stalled, SubscriptionStatus.PAST_DUE})


@pytest.mark.parametrize("behavior", ["keep_as_draft", "mark_uncollectible", "void"])
def test_a_paused_collection_keeps_access_and_opens_its_periods(behavior: str) -> None:
    paused = parse_subscription(subscription(pause_collection={"behavior": behavior, "resumes_at": None}))
    start = datetime.fromtimestamp(START, UTC)
    before = Facts(paused.status, current_period_end=start, refunded_at=start - TICK)
    columns = subscription_columns(paused, paused.items[0], MONTHLY, before, SyncContext(None, None, start))
    assert (columns["pause_collection"], columns["refunded_at"]) == (behavior, None)
    assert has_access(Facts(paused.status, current_period_end=columns["current_period_end"]), start)


PLANS = {
    "price_1": PlanTerms("try_it_out", BillingCycle.MONTHLY, {}, is_for_owner=True),
    "price_annual": PlanTerms("better_together", BillingCycle.ANNUAL, {"max_products": 3}, is_for_owner=True),
    "price_store": PlanTerms("starter", BillingCycle.MONTHLY, {"max_products": 9}, is_for_owner=False),
}


@st.composite
def stripe_states(draw: st.DrawFn) -> dict[str, Any]:
    """A subscription at Stripe, of a plan, another audience's plan or an unknown price."""
    open_or_final = [status for status in SubscriptionStatus if status is not SubscriptionStatus.EXPIRED]
    status, price_id = draw(st.sampled_from(open_or_final)), draw(st.sampled_from([*PLANS, "price_unknown"]))
    state = subscription(
        status=status.value,
        items=[price(price_id, interval="year" if price_id == "price_annual" else "month")],
        cancel_at=draw(st.sampled_from([None, START + 60, END])),
        trial_end=END,
        ended_at=START + 9 if status.is_final else None,
        pause_collection=draw(st.sampled_from([None, {"behavior": "void", "resumes_at": None}])),
    )
    state["items"]["data"][0]["quantity"] = draw(st.integers(1, 3))
    return state


@given(st.lists(stripe_states(), min_size=1, max_size=5), st.data())
def test_earlier_states_do_not_change_the_row_of_the_last_state(
    states: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Each delivery fetches the state at Stripe; the last state is delivered last or again."""
    views = [parse_subscription(state) for state in states]
    synced = [data.draw(st.integers(0, len(views) - 1)) for _ in range(data.draw(st.integers(0, 6)))]
    context = SyncContext(NOW, NOW, NOW)

    def row_after(numbers: list[int]) -> dict[str, Any]:
        row: dict[str, Any] = {"status": views[numbers[0]].status}
        for number in numbers:
            view = views[number]
            before = Facts(**{name: value for name, value in row.items() if name in Facts.__dataclass_fields__})
            item, plan = view.items[0], PLANS.get(view.items[0].price_id)
            row |= subscription_columns(view, item if plan else None, plan, before, context)
        return row

    last = len(views) - 1
    expected, row = row_after([last]), row_after([*sorted(synced), last])
    assert {name: row[name] for name in expected} == expected


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
