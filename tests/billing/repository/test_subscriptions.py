"""A write replaces only the state that was read."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.billing.repository import subscriptions
from chalicelib.kit import clock
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.retries import CONFLICT_ATTEMPTS
from chalicelib.kit.tables import Transaction
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def new_subscription(stripe_id: str = "sub_1", **facts: object) -> Subscription:
    values: dict[str, Any] = {
        "id": subscriptions.subscription_id_of(stripe_id),
        "owner": subscriptions.owner(OwnerType.STORE, "store_1"),
        "owner_type": OwnerType.STORE,
        "owner_id": "store_1",
        "plan_name": "starter",
        "status": SubscriptionStatus.ACTIVE,
        "billing_cycle": BillingCycle.MONTHLY,
        "stripe_subscription_id": stripe_id,
        "started_at": clock.now(),
        "created_at": clock.now(),
    }
    return Subscription(**values | facts)


def save(row: Subscription) -> None:
    with Transaction() as transaction:
        subscriptions.stage_subscription(transaction, row)


def test_a_stripe_subscription_is_created_once() -> None:
    save(new_subscription())
    with pytest.raises(WriteConflict):
        save(new_subscription())
    rows = subscriptions.find_by_stripe_id("sub_1")
    assert rows is not None
    assert rows.version == 1
    assert subscriptions.find_by_stripe_id("sub_2") is None


def test_a_stale_read_writes_nothing() -> None:
    save(new_subscription())
    first, second = subscriptions.find_by_stripe_id("sub_1"), subscriptions.find_by_stripe_id("sub_1")
    assert first is not None
    assert second is not None
    first.status = SubscriptionStatus.CANCELED
    save(first)
    second.status = SubscriptionStatus.PAST_DUE
    with pytest.raises(WriteConflict):
        save(second)
    kept = subscriptions.find_by_stripe_id("sub_1")
    assert kept is not None
    assert (kept.status, kept.version) == (SubscriptionStatus.CANCELED, 2)


def test_only_the_subscriptions_of_the_owner_are_listed() -> None:
    save(new_subscription("sub_1"))
    save(new_subscription("sub_2", status=SubscriptionStatus.CANCELED))
    save(new_subscription("sub_3", owner=subscriptions.owner(OwnerType.MEMBER, "store_1")))
    rows = subscriptions.list_by_owner(OwnerType.STORE, "store_1")
    assert {row.stripe_subscription_id for row in rows} == {"sub_1", "sub_2"}


def test_a_conflict_is_retried_a_limited_number_of_times() -> None:
    tries: list[int] = []

    def conflicted_twice(_: UnitOfWork) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise WriteConflict
        return "done"

    assert run_unit_of_work(conflicted_twice) == "done"

    def always_conflicted(_: UnitOfWork) -> None:
        tries.append(1)
        raise WriteConflict

    tries.clear()
    with pytest.raises(Unavailable):
        run_unit_of_work(always_conflicted)
    assert len(tries) == CONFLICT_ATTEMPTS
