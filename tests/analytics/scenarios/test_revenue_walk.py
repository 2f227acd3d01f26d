"""From billing's messages to the operator's report: queues, lake, computation, closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.analytics.service import daily_counts
from chalicelib.kit import auth, clock, messages
from chalicelib.kit.auth import Role
from tests.analytics.revenue_factories import values
from tests.analytics.schedules import run_schedule
from tests.analytics.service.test_billing_changes import payment_changed, revenue_changed

Drain = Callable[[], list[Any]]


@pytest.fixture
def report(api: httpx2.Client) -> Callable[[], Any]:
    """Return the periods of the operator's report for yesterday and today."""
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}

    def read() -> Any:
        params = {"from": str(clock.today() - timedelta(days=1)), "scope": "member"}
        response = api.get("/v1/operator/analytics/revenue", params=params, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()["periods"]

    return read


def test_a_subscription_and_its_payment_show_in_the_report(drain: Drain, report: Callable[[], Any]) -> None:
    now = clock.now()
    paid = payment_changed(currency="USD", paid_at=now, refunds=[])
    steps = [{"from": now, "plan": Decimal(30), "addons": Decimal(5)}]
    messages.publish(revenue_changed(as_of=now, effective_at=now, steps=steps))
    for _ in range(2):
        messages.publish(paid)
        assert drain() == []
        run_schedule("analytics-roll_up_days")
        assert drain() == []
        run_schedule("analytics-close_days")
        assert drain() == []
        *_, today = report()
        assert values(Decimal(today["mrr"]), Decimal(today["new_mrr"]), today["customers"]) == (35, 35, 1)
        assert values(Decimal(today["subscription_revenue"]), Decimal(today["addons_revenue"])) == (5, 5)
        assert values(Decimal(today["tax"]), today["payments_succeeded"]) == (Decimal("1.9"), 1)
    assert drain() == []
    run_schedule("analytics-roll_up_days")
    assert drain() == []
    day = clock.today()
    assert daily_counts("together", "subscription_purchased", day, day)[day][""]["count"] == 1
