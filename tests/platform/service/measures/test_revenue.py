"""Revenue from billing's messages: the newest stands in any order, months are sums, an erasure leaves a pseudonym."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing.enums import BillingCycle, OwnerType, PaymentKind, PaymentStatus, SubscriptionStatus
from chalicelib.billing.schemas.messages import PaymentChanged, PaymentRefund, SubscriptionChanged
from chalicelib.kit import clock, ids, messages
from chalicelib.platform.models import RevenueEntry, RevenueReport
from chalicelib.platform.schemas.measure_messages import RevenueReportRequested
from chalicelib.platform.service.measures import recomputation, revenue
from tests.platform.clocks import set_clock

Drain = Callable[[], list[dict[str, Any]]]
PERIOD = "2031-11"
PAID = datetime(2031, 11, 5, 12, tzinfo=UTC)
_payments = count(1)


def payment(version: int = 1, **fields: Any) -> PaymentChanged:
    """Return a message about a payment of 23.80 USD with 3.80 tax."""
    values: dict[str, Any] = {
        "owner_type": OwnerType.STORE,
        "owner_id": ids.new(),
        "payment_id": f"p{next(_payments)}",
        "kind": PaymentKind.SUBSCRIPTION,
        "status": PaymentStatus.COMPLETED,
        "amount": Decimal("23.80"),
        "tax": Decimal("3.80"),
        "addons": Decimal(0),
        "currency": "USD",
        "subscription_id": "sub",
        "plan_name": "starter",
        "item": None,
        "created_at": PAID,
        "paid_at": PAID,
        "failed_at": None,
        "refunds": [],
    }
    return PaymentChanged(version=version, **values | fields)


def subscription(version: int, started_at: datetime | None, ended_at: datetime | None) -> SubscriptionChanged:
    return SubscriptionChanged(
        owner_type=OwnerType.STORE,
        owner_id=ids.new(),
        subscription_id="sub",
        version=version,
        plan_name="starter",
        status=SubscriptionStatus.ACTIVE,
        billing_cycle=BillingCycle.MONTHLY,
        current_period_end=None,
        cancel_at_period_end=False,
        access_until=None,
        limits={},
        started_at=started_at,
        ended_at=ended_at,
    )


def refund(amount: str, reversed_at: datetime | None = None) -> PaymentRefund:
    return PaymentRefund(id="r1", amount=Decimal(amount), at=PAID + timedelta(days=1), reversed_at=reversed_at)


def entries(period: str = PERIOD) -> dict[str, Decimal]:
    return {row.entry_id: row.amount for row in RevenueEntry.query(period)}


def compute(period: str = PERIOD, **fields: Any) -> RevenueReport:
    """Take all steps of a report and return it."""
    step: RevenueReportRequested | None = RevenueReportRequested(period=period, **fields)
    while step is not None:
        step = revenue.compute_report(step)
    return RevenueReport.get(period)


def figures(row: RevenueReport) -> dict[str, Any]:
    return {name: value for name, value in row.attribute_values.items() if name != "generated_at"}


@pytest.fixture(autouse=True)
def _empty() -> None:
    """Other tests of this process write entries of the same months."""
    for model in (RevenueEntry, RevenueReport):
        for row in model.scan():
            row.delete()


def test_a_payment_and_its_refund_are_entries_of_their_months() -> None:
    message = payment(2, refunds=[refund("11.90")])
    revenue.record_revenue(message)
    row = RevenueEntry.get(PERIOD, f"payment:{message.payment_id}")
    assert (row.store_id, row.plan, row.amount, row.currency) == (message.owner_id, "starter", Decimal(20), "USD")
    assert (row.version, row.occurred_at) == (2, PAID)
    assert entries()["refund:r1"] == Decimal(-10)


def test_payments_of_members_are_not_the_stores() -> None:
    revenue.record_revenue(payment(owner_type=OwnerType.MEMBER))
    assert entries() == {}


HISTORY = [
    payment(1, payment_id="p", paid_at=None, status=PaymentStatus.PENDING),
    payment(2, payment_id="p"),
    payment(3, payment_id="p", refunds=[refund("11.90")]),
    payment(4, payment_id="p", refunds=[refund("23.80")]),
    payment(5, payment_id="p", refunds=[refund("23.80", PAID + timedelta(days=2))]),
]
SUBSCRIPTION = [
    subscription(1, None, None),
    subscription(2, PAID, None),
    subscription(3, PAID, None),
    subscription(4, PAID, PAID + timedelta(days=9)),
]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.permutations([*HISTORY, *SUBSCRIPTION]), st.lists(st.sampled_from([*HISTORY, *SUBSCRIPTION]), max_size=5))
def test_repeated_and_reordered_messages_end_the_same(
    order: list[PaymentChanged | SubscriptionChanged], repeated: list[PaymentChanged | SubscriptionChanged]
) -> None:
    for row in RevenueEntry.query(PERIOD):
        row.delete()
    for message in [*order, *repeated]:
        revenue.record_revenue(message)
    assert entries() == {
        "payment:p": Decimal(20),
        "refund:r1": Decimal(-20),
        "reversal:r1": Decimal(20),
        "store:sub": 0,
        "churn:sub": 0,
    }
    report = compute()
    assert (report.total_revenue, report.new_stores, report.churned_stores) == (Decimal(20), 1, 1)


def test_a_report_sums_a_month_in_steps_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        revenue.record_revenue(payment(currency="EUR" if number == 6 else "USD"))
    whole = figures(compute())
    assert (whole["total_revenue"], whole["by_currency"]) == (120, {"EUR": "20", "USD": "120"})
    assert whole["by_plan"] == {"starter": "120"}
    monkeypatch.setattr(revenue, "PAGE_ROWS", 1)
    monkeypatch.setattr(revenue, "PAGES", 3)
    assert figures(compute()) == whole


def test_a_month_without_entries_has_no_report() -> None:
    with pytest.raises(RevenueReport.DoesNotExist):
        compute()


def test_a_final_report_changes_only_by_recomputation(monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    revenue.record_revenue(payment())
    set_clock(monkeypatch, datetime(2031, 12, 3, 23, tzinfo=UTC))
    assert not compute().is_final
    set_clock(monkeypatch, datetime(2031, 12, 4, 1, tzinfo=UTC))
    assert compute().is_final
    revenue.record_revenue(payment())
    set_clock(monkeypatch, datetime(2031, 12, 4, 2, tzinfo=UTC))
    assert compute().total_revenue == 20
    assert recomputation.recompute_revenue(PERIOD, PERIOD) == 1
    assert drain() == []
    assert RevenueReport.get(PERIOD).total_revenue == 40


def test_a_report_that_began_earlier_never_replaces_a_later_one() -> None:
    revenue.record_revenue(payment())
    now = clock.now()
    compute()
    revenue.record_revenue(payment())
    assert compute(began_at=now - timedelta(minutes=1)).total_revenue == 20


def test_the_consumer_of_both_topics_stores_entries(drain: Drain) -> None:
    messages.publish(payment(payment_id="topic"))
    messages.publish(subscription(2, PAID, None))
    assert drain() == []
    assert entries() == {"payment:topic": 20, "store:sub": 0}
