"""Entitlements follow billing's messages, late, repeated, reversed and concurrent ones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.billing.enums import AddonStatus, BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.models import UserAddon
from chalicelib.billing.schemas.messages import AddonsChanged, SubscriptionChanged
from chalicelib.kit import clock, ids, messages
from chalicelib.together.domain.entitlements import OPEN_ENDED
from chalicelib.together.models import Relationship, User
from chalicelib.together.service.endings import end_relationship
from chalicelib.together.service.entitlements import apply_message
from tests.retention.crash import Crash, crash_at
from tests.together.clocks import MovedClock
from tests.together.members import new_couple, new_member

Drain = Callable[[], list[Any]]


def subscription(user: User, until: datetime | None, version: int = 1, **fields: Any) -> SubscriptionChanged:
    return SubscriptionChanged(
        owner_type=fields.pop("owner_type", OwnerType.MEMBER),
        owner_id=user.id,
        subscription_id=fields.pop("subscription_id", "sub"),
        version=version,
        plan_name=fields.pop("plan_name", "try_it_out"),
        status=SubscriptionStatus.ACTIVE,
        billing_cycle=BillingCycle.MONTHLY,
        current_period_end=until,
        cancel_at_period_end=False,
        access_until=until,
        limits={},
    )


def addons_changed(user: User) -> AddonsChanged:
    return AddonsChanged(owner_type=OwnerType.MEMBER, owner_id=user.id)


def give_addon(user: User, addon_id: str, until: datetime | None = None) -> UserAddon:
    now = clock.now()
    row = UserAddon(
        user.id,
        ids.new(),
        addon_id=addon_id,
        status=AddonStatus.ACTIVE,
        purchased_at=now,
        expires_at=until,
        created_at=now,
        updated_at=now,
    )
    row.save()
    return row


def premium(user: User) -> datetime | None:
    return Relationship.get(User.get(user.id).relationship_id).premium_until


def test_one_subscription_opens_premium_for_both(moved_clock: MovedClock) -> None:
    ada, ben = new_couple()
    until = moved_clock.moment + timedelta(days=30)
    apply_message(subscription(ada, until))
    row = User.get(ada.id)
    assert (row.plan_name, row.access_until) == ("try_it_out", until)
    assert premium(ben) == until
    assert User.get(ben.id).access_until is None


def test_an_old_subscriptions_late_message_keeps_premium(moved_clock: MovedClock) -> None:
    now, year = moved_clock.moment, moved_clock.moment + timedelta(days=365)
    orders = (
        lambda user: subscription(user, now + timedelta(days=3), 4, subscription_id="old"),
        lambda user: subscription(user, now - timedelta(days=1), 9, subscription_id="old"),
        lambda user: subscription(user, year, 1, subscription_id="new", plan_name="premium_plus"),
    )
    for order in permutations(orders):
        user = new_member()
        for make in (*order, *reversed(order)):
            apply_message(make(user))
        row = User.get(user.id)
        assert row.plan_name == "premium_plus"
        assert row.access_until == premium(user) == year
        assert row.subscriptions["old"]["version"] == 9


def test_a_subscription_that_loses_its_access_ends_premium(moved_clock: MovedClock) -> None:
    user = new_member()
    apply_message(subscription(user, moved_clock.moment + timedelta(days=30)))
    apply_message(subscription(user, None, 2))
    row = User.get(user.id)
    assert row.plan_name is None
    assert row.access_until is None
    assert premium(user) is None


def test_a_repeated_message_writes_nothing(moved_clock: MovedClock) -> None:
    user = new_member()
    message = subscription(user, moved_clock.moment + timedelta(days=30))
    apply_message(message)
    before = User.get(user.id).version
    apply_message(message)
    apply_message(addons_changed(user))
    assert User.get(user.id).version == before


def test_messages_about_stores_and_unknown_members_are_ignored(moved_clock: MovedClock) -> None:
    user, until = new_member(), moved_clock.moment + timedelta(days=1)
    apply_message(subscription(user, until, owner_type=OwnerType.STORE))
    apply_message(subscription(User(ids.new()), until))
    apply_message(addons_changed(User(ids.new())))
    assert User.get(user.id).subscriptions == {}


def test_the_addons_are_those_that_billing_has_now(moved_clock: MovedClock) -> None:
    ada, ben = new_couple()
    until = moved_clock.moment + timedelta(days=10)
    box, features = give_addon(ada, "surprise_box", until), give_addon(ada, "premium_features")
    apply_message(addons_changed(ada))
    assert User.get(ada.id).addons == {"premium_features": None, "surprise_box": clock.iso(until)}
    assert premium(ben) == OPEN_ENDED
    for row in (box, features):
        row.update([UserAddon.status.set(AddonStatus.CANCELED)])
    apply_message(addons_changed(ada))
    assert (User.get(ada.id).addons, premium(ben)) == (None, None)


def test_both_partners_change_at_once(moved_clock: MovedClock) -> None:
    """The premium is that of both whatever the order of the writes."""
    ada, ben = new_couple()
    soon, late = (moved_clock.moment + timedelta(days=days) for days in (10, 90))
    with ThreadPoolExecutor(8) as pool:
        for version in range(1, 6):
            sent = [subscription(ada, soon, version), subscription(ben, late, version, subscription_id="bens")]
            list(pool.map(apply_message, sent * 4))
            assert premium(ada) == late
    apply_message(subscription(ben, None, 9, subscription_id="bens"))
    assert premium(ada) == soon


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_worker_that_is_killed_at_its_write(moved_clock: MovedClock, when: str) -> None:
    ada, ben = new_couple()
    until = moved_clock.moment + timedelta(days=30)
    with pytest.raises(Crash), crash_at(1, when, "TransactWriteItems"):
        apply_message(subscription(ada, until))
    apply_message(subscription(ada, until))
    assert (User.get(ada.id).access_until, premium(ben)) == (until, until)


def test_a_relationship_that_begins_and_ends_keeps_the_premium_of_its_members(moved_clock: MovedClock) -> None:
    ada, ben = new_couple()
    until = moved_clock.moment + timedelta(days=30)
    apply_message(subscription(ada, until))
    end_relationship(User.get(ben.id))
    assert (premium(ada), premium(ben)) == (until, None)
    apply_message(subscription(ada, None, 2))
    assert premium(ada) is None
    assert Relationship.get(ada.relationship_id).premium_until == until


def test_the_queue_takes_both_messages(drain: Drain) -> None:
    user = new_member()
    until = clock.now() + timedelta(days=30)
    give_addon(user, "calendar_plus")
    messages.publish(subscription(user, until))
    messages.publish(addons_changed(user))
    assert drain() == []
    row = User.get(user.id)
    assert (row.access_until, row.addons) == (until, {"calendar_plus": None})
