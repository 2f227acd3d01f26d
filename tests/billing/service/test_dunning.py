"""Dunning notices are published on days 0, 2, 7 and 14, once each, until a payment succeeds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.dunning import NOTICE_DAYS, notice_due
from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.billing.service import dunning
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from infra.deploy import handlers
from infra.local.schedules import event_of
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, listen, make_owner, of_type, subscriptions

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]

SINCE = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@given(st.lists(st.integers(0, 20 * 86_400), min_size=1).map(sorted))
def test_runs_at_any_times_give_each_notice_at_most_once_and_always_the_last(seconds: list[int]) -> None:
    runs = [SINCE - HOUR, *(SINCE + timedelta(seconds=each) for each in seconds), SINCE + 20 * DAY]
    given_days = [day for after, until in pairwise(runs) if (day := notice_due(SINCE, after, until)) is not None]
    assert sorted(set(given_days)) == given_days
    assert given_days[-1:] == [14]


def test_hourly_runs_give_every_notice_in_its_hour() -> None:
    runs = [SINCE + number * HOUR for number in range(-1, 24 * 20)]
    notices = {until: day for after, until in pairwise(runs) if (day := notice_due(SINCE, after, until)) is not None}
    assert notices == {SINCE + day * DAY: day for day in NOTICE_DAYS}


@pytest.mark.parametrize(
    ("after", "until", "day"),
    [
        (None, SINCE - timedelta(microseconds=1), None),
        (None, SINCE, 0),
        (SINCE, SINCE + 2 * DAY - timedelta(microseconds=1), None),
        (SINCE, SINCE + 2 * DAY, 2),
        (SINCE + 2 * DAY, SINCE + 2 * DAY, None),
        (None, SINCE + 8 * DAY, 7),
        (SINCE + HOUR, SINCE + 30 * DAY, 14),
        (SINCE + 14 * DAY, SINCE + 300 * DAY, None),
    ],
)
def test_of_several_notices_only_the_latest_is_due(after: datetime | None, until: datetime, day: int | None) -> None:
    assert notice_due(SINCE, after, until) == day


@pytest.fixture
def published() -> Callable[[], list[Json]]:
    return listen("billing-reminder_due")


@pytest.fixture
def fail_renewal(
    events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> Callable[[Owner, datetime], Subscription]:
    """Subscribe an owner, fail the renewal of that time at Stripe and deliver the events."""

    def failed(owner: Owner, since: datetime) -> Subscription:
        events = events_of(owner)
        stripe_sandbox.deliver(events)
        drain()
        paid = of_type(events, "invoice.paid")["data"]["object"]
        with stripe_sandbox.store() as stripe:
            row = stripe.get("subscription", paid["parent"]["subscription_details"]["subscription"])
            row["status"] = "past_due"
            unpaid = {"id": f"{paid['id']}{since:%s}", "status": "open", "amount_paid": 0}
            unpaid |= {"status_transitions": {"finalized_at": int(since.timestamp()), "paid_at": None}}
            stripe.put(paid | unpaid)
            stripe.emit("customer.subscription.updated", row)
        stripe_sandbox.drain()
        assert drain() == []
        (subscription,) = [each for each in subscriptions() if each.owner_id == owner.id]
        assert (subscription.status, subscription.past_due_since) == (SubscriptionStatus.PAST_DUE, since)
        return subscription

    return failed


def pay(stripe_sandbox: StripeSandbox, row: Subscription, drain: Drain) -> None:
    with stripe_sandbox.store() as stripe:
        stripe_subscription = stripe.get("subscription", str(row.stripe_subscription_id))
        stripe_subscription["status"] = "active"
        for invoice in stripe.all("invoice"):
            if invoice["customer"] == row.stripe_customer_id:
                invoice["status"] = "paid"
        stripe.emit("customer.subscription.updated", stripe_subscription)
    stripe_sandbox.drain()
    assert drain() == []


def run_at(moment: datetime) -> None:
    """Run the schedule for that time."""
    schedule = next(
        subscription for subscription in handlers.schedules() if subscription.name == "billing-send_dunning_notices"
    )
    handlers.chalice_app().handler_map[schedule.name](event_of(schedule, moment), None)


def test_an_hourly_schedule_publishes_each_notice_once(
    member: Owner,
    fail_renewal: Callable[[Owner, datetime], Subscription],
    published: Callable[[], list[Json]],
) -> None:
    since = clock.now().replace(microsecond=0) - HOUR
    row = fail_renewal(member, since)
    notices = []
    for offset in (0, 1, 2, 47, 48, 49, 167, 168, 169, 335, 336, 337, 500):
        run_at(since + offset * HOUR)
        notices += [(offset, message["notice_day"]) for message in published()]
    assert notices == [(0, 0), (48, 2), (168, 7), (336, 14)]
    run_at(since + 2 * DAY)
    assert published() == []
    assert row.reminded_until is None


def test_a_notice_has_its_recipient_and_the_end_of_access(
    member: Owner,
    fail_renewal: Callable[[Owner, datetime], Subscription],
    published: Callable[[], list[Json]],
) -> None:
    since = clock.now().replace(microsecond=0) - HOUR
    row = fail_renewal(member, since)
    run_at(clock.now())
    (message,) = published()
    assert (message["owner_type"], message["owner_id"]) == ("member", member.id)
    assert (message["subscription_id"], message["plan_name"]) == (row.id, "try_it_out")
    assert clock.parse(message["past_due_since"]) == since
    assert clock.parse(message["access_until"]) == since + 7 * DAY


def test_a_run_that_crashed_before_its_write_repeats_the_same_notice(
    member: Owner,
    fail_renewal: Callable[[Owner, datetime], Subscription],
    published: Callable[[], list[Json]],
) -> None:
    row = fail_renewal(member, clock.now().replace(microsecond=0) - HOUR)
    run_at(clock.now())
    (first,) = published()
    row.refresh(consistent_read=True)
    row.update([Subscription.reminded_until.remove()])  # the state between publish and write
    run_at(clock.now())
    (again,) = published()
    assert {**again, "occurred_at": 0, "correlation_id": 0} == {**first, "occurred_at": 0, "correlation_id": 0}
    run_at(clock.now())
    assert published() == []


def test_a_success_stops_the_notices_and_the_next_failure_restarts_them(
    member: Owner,
    fail_renewal: Callable[[Owner, datetime], Subscription],
    published: Callable[[], list[Json]],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
) -> None:
    since = clock.now().replace(microsecond=0) - HOUR
    row = fail_renewal(member, since)
    run_at(since)
    (first,) = published()
    pay(stripe_sandbox, row, drain)
    run_at(since + 2 * DAY)
    assert published() == []
    later = since + 30 * DAY
    with stripe_sandbox.store() as stripe:
        stripe_subscription = stripe.get("subscription", str(row.stripe_subscription_id))
        stripe_subscription["status"] = "past_due"
        unpaid = next(each for each in stripe.all("invoice") if each["customer"] == row.stripe_customer_id)
        unpaid |= {"status": "open"}
        unpaid["status_transitions"]["finalized_at"] = int(later.timestamp())
        stripe.emit("customer.subscription.updated", stripe_subscription)
    stripe_sandbox.drain()
    drain()
    run_at(later)
    (second,) = published()
    assert (first["notice_day"], second["notice_day"]) == (0, 0)
    assert first["message_id"] != second["message_id"]


def test_after_an_outage_the_latest_notice_is_sent_alone(
    member: Owner,
    fail_renewal: Callable[[Owner, datetime], Subscription],
    published: Callable[[], list[Json]],
) -> None:
    now = clock.now().replace(microsecond=0)
    fail_renewal(member, now - 8 * DAY)
    fail_renewal(make_owner(Role.MEMBER), now - 20 * DAY)
    run_at(now)
    assert sorted(message["notice_day"] for message in published()) == [7, 14]


def test_concurrent_runs_publish_the_same_message(
    member: Owner,
    fail_renewal: Callable[[Owner, datetime], Subscription],
    published: Callable[[], list[Json]],
) -> None:
    fail_renewal(member, clock.now().replace(microsecond=0) - HOUR)
    with ThreadPoolExecutor(4) as runs:
        list(runs.map(lambda _: dunning.notify_due(clock.now()), range(4)))
    assert len({message["message_id"] for message in published()}) == 1
