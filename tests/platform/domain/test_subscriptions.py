"""Subscriptions of a store: any order of messages ends in the same state, and the latest access decides on the plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.platform.domain.subscriptions import (
    MAX_SUBSCRIPTIONS,
    StoredSubscriptions,
    SubscriptionState,
    current_plan,
    merge_subscription,
)
from chalicelib.platform.enums import StorePlan, StoreSubscriptionStatus

NOW = datetime(2027, 5, 1, tzinfo=UTC)
FREE = {"max_products": 25, "max_orders_per_month": 50}
STARTER = {"max_products": 500, "max_orders_per_month": 1_000}


def _state(subscription_id: str = "one", version: int = 1, days: int | None = 30, **fields: Any) -> SubscriptionState:
    until = None if days is None else NOW + timedelta(days=days)
    values = {"plan": "starter", "status": SubscriptionStatus.ACTIVE, "limits": STARTER} | fields
    return SubscriptionState(subscription_id, version, access_until=until, **values)


def _merged(*states: SubscriptionState) -> StoredSubscriptions:
    stored: StoredSubscriptions = {}
    for state in states:
        stored = merge_subscription(stored, state, NOW)
    return stored


@pytest.mark.parametrize(
    ("state", "plan", "status"),
    [
        (_state(status=SubscriptionStatus.TRIALING), StorePlan.STARTER, StoreSubscriptionStatus.TRIAL),
        (_state(), StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE),
        (_state(status=SubscriptionStatus.PAST_DUE), StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE),
        (_state(status=SubscriptionStatus.CANCELED, days=None), StorePlan.FREE, StoreSubscriptionStatus.CANCELLED),
        (_state(status=SubscriptionStatus.UNPAID, days=None), StorePlan.FREE, StoreSubscriptionStatus.EXPIRED),
        (_state(days=0), StorePlan.FREE, StoreSubscriptionStatus.EXPIRED),
        (_state(status=SubscriptionStatus.TRIALING, days=-1), StorePlan.FREE, StoreSubscriptionStatus.EXPIRED),
    ],
)
def test_status_and_access_decide_on_the_plan(
    state: SubscriptionState, plan: StorePlan, status: StoreSubscriptionStatus
) -> None:
    result = current_plan(_merged(state), FREE, NOW)
    assert (result.subscription_plan, result.subscription_status) == (plan, status)
    assert result.limits == (FREE if plan is StorePlan.FREE else STARTER)
    assert result.access_until == (None if plan is StorePlan.FREE else state.access_until)


def test_a_store_without_subscriptions_is_on_the_free_plan() -> None:
    assert current_plan({}, FREE, NOW).subscription_status is StoreSubscriptionStatus.ACTIVE
    assert current_plan({}, FREE, NOW).limits == FREE


def test_a_limit_that_the_subscription_does_not_set_is_the_free_plans() -> None:
    partial = _merged(_state(limits={"max_products": 7}))
    assert current_plan(partial, FREE, NOW).limits == {"max_products": 7, "max_orders_per_month": 50}


def test_an_old_subscriptions_late_message_keeps_the_newer_ones_limits() -> None:
    begun = _state("old", 3, 5, plan="enterprise")
    ended = _state("old", 9, None, plan="enterprise", status=SubscriptionStatus.CANCELED)
    newer = _state("new", 1, 365)
    for order in permutations((begun, ended, newer)):
        plan = current_plan(_merged(*order), FREE, NOW)
        assert (plan.subscription_plan, plan.limits) == (StorePlan.STARTER, STARTER)


states = st.builds(_state, st.sampled_from("abc"), st.integers(1, 4)).map(
    lambda state: _state(state.subscription_id, state.version, state.version)
)


@given(st.lists(states, max_size=8), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_in_the_same_state(received: list[SubscriptionState], random: Any) -> None:
    shuffled = [*received, *received]
    random.shuffle(shuffled)
    assert dict(_merged(*received)) == dict(_merged(*shuffled))


def test_subscriptions_that_are_over_for_long_are_removed_first() -> None:
    over = [_state(f"over {n}", 1, -91 - n) for n in range(2)]
    recent = [_state(f"recent {n}", 1, -n) for n in range(MAX_SUBSCRIPTIONS - 1)]
    stored = _merged(*over, _state("unpaid", 1, None), *recent)
    assert set(stored) == {"unpaid", *(state.subscription_id for state in recent)}


def test_the_newest_state_is_kept_at_the_limit() -> None:
    lasting = [_state(f"lasting {n}", 1, 365) for n in range(MAX_SUBSCRIPTIONS)]
    stored = _merged(*lasting, _state("ended", 7, -200))
    assert len(stored) == MAX_SUBSCRIPTIONS
    assert stored["ended"]["version"] == 7
