"""An unreadable row is counted and does not stop a scheduled run for other rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import CreditBalance, Subscription
from chalicelib.billing.repository import dunning as dunning_rows
from chalicelib.billing.service import gifts, invariants
from chalicelib.kit import aws, clock, metrics
from chalicelib.kit.auth import Role
from chalicelib.kit.tables import Table
from tests.billing.conftest import Json, Owner, make_owner

Buy = Callable[..., list[Json]]


def corrupt_row(model: type[Table], **key: str) -> None:
    """Write an invalid time, as a faulty release might."""
    aws.client("dynamodb").update_item(
        TableName=model.Meta.table_name,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET updated_at = :x",
        ExpressionAttributeValues={":x": {"S": "not a time"}},
    )


@pytest.fixture
def metric_values(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    values: list[tuple[str, int]] = []
    monkeypatch.setattr(metrics, "write", lambda metric, value, _: values.append((metric.name, value)))
    return values


@pytest.fixture
def other(buy: Buy, member: Owner) -> Owner:
    """Create another member; both buy the year of a plan."""
    owner = make_owner(Role.MEMBER)
    buy(member, plan="better_together")
    buy(owner, plan="better_together")
    return owner


def test_the_invariants_of_other_rows_are_checked(
    member: Owner, other: Owner, buy: Buy, metric_values: list[tuple[str, int]]
) -> None:
    corrupt_row(CreditBalance, relationship_id=str(member.relationship_id))
    head = CreditBalance.get(str(other.relationship_id))
    head.update([CreditBalance.balance.set(7)])
    assert invariants.check(clock.now()) == [f"balance:{other.relationship_id}"]
    assert ("RowsUnreadable", 1) in metric_values


def test_other_gifts_end(member: Owner, other: Owner, metric_values: list[tuple[str, int]]) -> None:
    for row in Subscription.scan():
        row.update([Subscription.is_gift.set(True)])
    first, second = sorted(Subscription.scan(), key=lambda row: str(row.current_period_end))
    corrupt_row(Subscription, id=first.id)
    end = max(row.current_period_end for row in (first, second)) + timedelta(days=1)
    assert gifts.end_due(end, clock.now()) == 1
    assert Subscription.get(second.id).status is SubscriptionStatus.EXPIRED
    assert ("RowsUnreadable", 1) in metric_values


def test_other_subscriptions_become_past_due(member: Owner, other: Owner, metric_values: list[tuple[str, int]]) -> None:
    now = clock.now()
    for row in Subscription.scan():
        row.update([Subscription.status.set(SubscriptionStatus.PAST_DUE), Subscription.past_due_since.set(now)])
    first, second = sorted(Subscription.scan(), key=lambda row: row.id)
    corrupt_row(Subscription, id=first.id)
    due: list[Any] = [row.id for row in dunning_rows.iterate_past_due(now - timedelta(days=1), now)]
    assert due == [second.id]
    assert metric_values == [("RowsUnreadable", 1)]
