"""Entitlements: any order of messages ends in the same state, and an old subscription never ends a newer one's premium."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import clock
from chalicelib.together.domain import entitlements
from chalicelib.together.domain.entitlements import (
    MAX_ADDONS,
    MAX_SUBSCRIPTIONS,
    OPEN_ENDED,
    SubscriptionState,
    best_access,
    is_premium,
    merge_addons,
    merge_subscription,
    premium_until,
)

NOW = datetime(2027, 5, 1, tzinfo=UTC)
IN_A_YEAR = NOW + timedelta(days=365)
YESTERDAY = NOW - timedelta(days=1)


@dataclass
class _User:
    access_until: datetime | None = None
    addons: Any = None


def _merged(*states: SubscriptionState) -> entitlements.StoredSubscriptions:
    stored: entitlements.StoredSubscriptions = {}
    for state in states:
        stored = merge_subscription(stored, state, NOW)
    return stored


def test_an_old_subscriptions_late_message_keeps_the_newer_ones_access() -> None:
    begun = SubscriptionState("old", 3, "try_it_out", NOW + timedelta(days=5))
    ended = SubscriptionState("old", 9, "try_it_out", YESTERDAY)
    newer = SubscriptionState("new", 1, "premium_plus", IN_A_YEAR)
    for order in permutations((begun, ended, newer)):
        assert best_access(_merged(*order)) == ("premium_plus", IN_A_YEAR)
        assert _merged(*order)["old"]["version"] == 9


def test_a_subscription_without_access_gives_none() -> None:
    begun = SubscriptionState("one", 1, "try_it_out", IN_A_YEAR)
    unpaid = SubscriptionState("one", 2, "try_it_out", None)
    assert best_access(_merged(unpaid, begun)) == (None, None)


states = st.builds(
    SubscriptionState,
    subscription_id=st.sampled_from("abc"),
    version=st.integers(1, 4),
    plan=st.just("try_it_out"),
    access_until=st.just(NOW),
).map(lambda s: SubscriptionState(s.subscription_id, s.version, s.plan, NOW + timedelta(days=s.version)))


@given(st.lists(states, max_size=8), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_in_the_same_state(received: list[SubscriptionState], random: Any) -> None:
    again = [*received, *received]
    random.shuffle(again)
    assert dict(_merged(*received)) == dict(_merged(*again))


def test_subscriptions_that_are_over_for_long_are_removed_first() -> None:
    over = [SubscriptionState(f"over {n}", 1, "try_it_out", NOW - timedelta(days=91 + n)) for n in range(3)]
    recent = [
        SubscriptionState(f"recent {n}", 1, "try_it_out", NOW - timedelta(days=n)) for n in range(MAX_SUBSCRIPTIONS - 2)
    ]
    stored = _merged(SubscriptionState("unpaid", 1, "try_it_out", None), *over, *recent)
    assert len(stored) == MAX_SUBSCRIPTIONS
    assert {id_ for id_ in stored if id_.startswith("over")} == {"over 0"}
    assert {"unpaid", "recent 0", "recent 17"} <= set(stored)


def test_the_newest_state_is_kept_at_the_limit() -> None:
    lasting = [SubscriptionState(f"lasting {n}", 1, "premium_plus", IN_A_YEAR) for n in range(MAX_SUBSCRIPTIONS)]
    stored = _merged(*lasting, SubscriptionState("ended", 7, "try_it_out", NOW - timedelta(days=200)))
    assert len(stored) == MAX_SUBSCRIPTIONS
    assert stored["ended"]["version"] == 7


def test_addons_that_have_ended_are_left_out() -> None:
    end = NOW + timedelta(days=3)
    held = [("calendar_plus", end), ("premium_features", None), ("surprise_box", YESTERDAY), ("calendar_plus", NOW)]
    assert merge_addons(held, NOW) == {"calendar_plus": clock.iso(end), "premium_features": None}


def test_the_addons_are_limited() -> None:
    many = [(f"addon {n:03}", NOW + timedelta(days=n)) for n in range(1, MAX_ADDONS + 11)]
    kept = merge_addons(many, NOW)
    assert len(kept) == MAX_ADDONS
    assert "addon 010" not in kept
    assert "addon 060" in kept


def test_premium_is_the_latest_end_of_both_members() -> None:
    soon = NOW + timedelta(days=1)
    assert premium_until([]) is None
    assert premium_until([_User(), None]) is None
    assert premium_until([_User(YESTERDAY), _User(soon)]) == soon
    assert premium_until([_User(soon), _User(addons={"premium_features": clock.iso(IN_A_YEAR)})]) == IN_A_YEAR
    assert premium_until([_User(addons={"calendar_plus": None})]) is None
    assert premium_until([_User(soon, {"premium_features": None})]) == OPEN_ENDED


def test_premium_ends_at_its_end() -> None:
    assert is_premium(NOW + timedelta(seconds=1), NOW)
    assert not is_premium(NOW, NOW)
    assert not is_premium(None, NOW)
