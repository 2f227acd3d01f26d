"""A store's revenue from its purchase at Stripe to its end: the payment with its plan, the store won, the store lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.catalogue.plans import PLANS
from chalicelib.billing.enums import BillingCycle
from chalicelib.platform.models import RevenueEntry, RevenueReport
from chalicelib.platform.schemas.measure_messages import RevenueReportRequested
from chalicelib.platform.service.measures import revenue
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, buy, catalogue, checkout, events_of
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe
from tests.platform.scenarios.test_paid_plans import store

__all__ = ["ask", "buy", "catalogue", "checkout", "events_of", "store", "subscribe"]

pytestmark = pytest.mark.usefixtures("catalogue")

Drain = Callable[[], list[Any]]
PRICE = PLANS["starter"].prices[BillingCycle.MONTHLY]


def entries_of(store: Owner) -> list[RevenueEntry]:
    return sorted((row for row in RevenueEntry.scan() if row.store_id == store.id), key=lambda row: row.entry_id)


def test_a_purchase_and_its_end_are_entries_of_their_month(
    store: Owner, subscribe: Subscribe, ask: Ask, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    subscribe(store, "starter")
    stripe_sandbox.drain()
    assert drain() == []
    payment, won = entries_of(store)
    assert (payment.amount, payment.currency, payment.plan) == (PRICE, "USD", "starter")
    assert (won.entry_id.partition(":")[0], won.plan, won.amount) == ("store", "starter", 0)
    assert ask(store, "cancel", at_period_end=False).status_code == 200
    stripe_sandbox.drain()
    assert drain() == []
    kinds = [row.entry_id.partition(":")[0] for row in entries_of(store)]
    assert kinds == ["churn", "payment", "store"]
    assert revenue.compute_report(RevenueReportRequested(period=payment.period)) is None
    report = RevenueReport.get(payment.period)
    assert (report.by_plan["starter"], report.new_stores, report.churned_stores) == (f"{PRICE.normalize():f}", 1, 1)
