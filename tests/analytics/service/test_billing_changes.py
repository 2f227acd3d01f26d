"""Billing's two messages, through their queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.analytics.models import RecurringRevenue
from chalicelib.analytics.schemas.messages import EventsCollected
from chalicelib.analytics.service import billing_changes
from chalicelib.billing.enums import OwnerType, PaymentKind, PaymentStatus, SubscriptionStatus
from chalicelib.billing.schemas.messages import PaymentChanged, PaymentRefund, RecurringRevenueChanged
from chalicelib.kit import clock, messages
from tests.analytics.revenue_factories import at, values

Drain = Callable[[], list[Any]]


def revenue_changed(**changes: Any) -> RecurringRevenueChanged:
    fields: dict[str, Any] = {
        "owner_type": OwnerType.MEMBER,
        "owner_id": "ann",
        "subscription_id": "s1",
        "as_of": at(1),
        "effective_at": at(1),
        "is_final": False,
        "status": SubscriptionStatus.ACTIVE,
        "plan_name": "plus",
        "currency": "USD",
        "steps": [{"from": at(1), "plan": Decimal("30.000000"), "addons": Decimal("5.000000")}],
    }
    return RecurringRevenueChanged(**{**fields, **changes})


def payment_changed(**changes: Any) -> PaymentChanged:
    fields: dict[str, Any] = {
        "owner_type": OwnerType.MEMBER,
        "owner_id": "ann",
        "payment_id": "p1",
        "version": 3,
        "kind": PaymentKind.SUBSCRIPTION,
        "status": PaymentStatus.COMPLETED,
        "amount": Decimal("11.90"),
        "tax": Decimal("1.90"),
        "addons": Decimal("5.95"),
        "currency": "EUR",
        "subscription_id": "s1",
        "item": None,
        "created_at": at(1),
        "paid_at": at(1),
        "failed_at": None,
        "refunds": [PaymentRefund(id="r1", amount=Decimal("11.90"), at=at(2), reversed_at=None)],
    }
    return PaymentChanged(**{**fields, **changes})


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EventsCollected]:
    """The messages to the ingest."""
    found: list[EventsCollected] = []
    monkeypatch.setattr(messages, "publish_many", found.extend)
    return found


def test_a_change_of_revenue_reaches_its_row_through_the_queue(drain: Drain) -> None:
    messages.publish(revenue_changed())
    messages.publish(revenue_changed())
    messages.publish(revenue_changed(owner_type=OwnerType.STORE, owner_id="shop", plan_name=None))
    assert drain() == []
    rows = {row.owner: row for row in RecurringRevenue.scan()}
    assert rows.keys() == {"member/ann", "store/shop"}
    row = rows["member/ann"]
    assert values(row.scope, row.plan_name, row.status, row.currency, row.version) == (
        "member",
        "plus",
        "active",
        "USD",
        1,
    )
    assert row.steps == [
        {"from": clock.iso(at(1)), "plan": "30.000000", "addons": "5.000000", "rate": None, "rate_day": None}
    ]
    assert values(row.due_from, row.effective_at) == (at(1).date(), at(1))


def test_the_events_of_a_payment_are_of_their_days_without_tax(sent: list[EventsCollected]) -> None:
    billing_changes.record_billing_change(payment_changed())
    [message] = sent
    paid, refunded = message.events
    assert values(message.tenant, message.agent) == ("together", None)
    assert values(paid.type, paid.name, paid.value, paid.currency) == ("payment", "payment_succeeded", 10, "EUR")
    assert values(paid.day, paid.time_zone, paid.version, paid.user_id) == (at(1).date(), "UTC", 3, "ann")
    assert datetime.fromtimestamp(paid.at_ms / 1000, UTC) == at(1)
    assert json.loads(paid.data or "") == {
        "payment": "p1",
        "kind": "subscription",
        "subscription": "s1",
        "tax": "1.900000",
        "addons": "5.000000",
    }
    assert values(refunded.name, refunded.day, refunded.value) == ("payment_refunded", at(2).date(), 10)


def test_a_repeated_payment_is_the_same_events(sent: list[EventsCollected]) -> None:
    billing_changes.record_billing_change(payment_changed())
    billing_changes.record_billing_change(payment_changed(version=4))
    first, second = ([event.id for event in message.events] for message in sent)
    assert first == second


def test_a_store_pays_at_the_platform_and_a_pending_payment_is_no_event(sent: list[EventsCollected]) -> None:
    billing_changes.record_billing_change(payment_changed(paid_at=None, refunds=[]))
    assert sent == []
    billing_changes.record_billing_change(payment_changed(owner_type=OwnerType.STORE))
    assert [message.tenant for message in sent] == ["platform"]


def test_the_code_of_a_gift_is_in_no_event(sent: list[EventsCollected]) -> None:
    billing_changes.record_billing_change(payment_changed(kind=PaymentKind.GIFT, item="GIFT-SECRET"))
    billing_changes.record_billing_change(payment_changed(kind=PaymentKind.CREDITS, item="pack_100"))
    gift, credits = ([event.data or "" for event in message.events] for message in sent)
    assert "GIFT-SECRET" not in "".join(gift)
    assert all("pack_100" in data for data in credits)
