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
from tests.billing.conftest import Owner, buy, catalogue, checkout, events_of, pass_time
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe
from tests.platform.scenarios.test_paid_plans import store

__all__ = ["ask", "buy", "catalogue", "checkout", "events_of", "pass_time", "store", "subscribe"]

pytestmark = pytest.mark.usefixtures("catalogue")

Drain = Callable[[], list[Any]]
PassTime = Callable[..., list[Any]]
PRICE = PLANS["starter"].prices[BillingCycle.MONTHLY]


def entries_of(store: Owner) -> list[RevenueEntry]:
    return sorted((row for row in RevenueEntry.scan() if row.store_id == store.id), key=lambda row: row.entry_id)


def test_a_trial_its_payment_and_its_end_are_entries(
    store: Owner, subscribe: Subscribe, ask: Ask, pass_time: PassTime, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    def kinds() -> list[str]:
        stripe_sandbox.drain()
        assert drain() == []
        return [row.entry_id.partition(":")[0] for row in entries_of(store)]

    subscribe(store, "starter", on_trial=True)
    assert "store" in kinds()
    pass_time(days=15)
    assert "churn" not in kinds()
    [paid] = [row for row in entries_of(store) if row.amount]
    assert (paid.amount, paid.currency, paid.plan) == (PRICE, "USD", "starter")
    assert ask(store, "cancel", at_period_end=False).status_code == 200
    assert kinds().count("churn") == 1
    assert revenue.compute_report(RevenueReportRequested(period=paid.period)) is None
    report = RevenueReport.get(paid.period)
    assert (report.by_plan, report.churned_stores) == ({"starter": f"{PRICE.normalize():f}"}, 1)
